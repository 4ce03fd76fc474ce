//! What an operator decides about authentication.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use xentri_domain::kernel::FormatError;

use super::development::NotLocal;
use super::origin::Origin;
use crate::config::{Span, section};

section! {
    /// Who callers are. A token is believed when its issuer is listed here.
    AuthSettings {
        /// Pages that may write with the session cookie, as in `https://app.example.com`; not even pages of this server's
        /// own address may unless they are listed.
        allowed_origins: Vec<Origin> = Vec::new(),
        /// How far another clock may be off.
        leeway: Span = Span::seconds(30),
        /// How old an issuer's keys may get before they are read again, never less than 10s. A key that the issuer took
        /// away is taken for at most twice as long, while the issuer can be reached.
        keys_max_age: Span = Span::seconds(300),
        /// How many proved tokens are remembered, a few hundred bytes each.
        cached_tokens: u64 = 20_000,
        /// The file of the key that development tokens are signed with; `xentri up` makes one in its data directory. It is
        /// refused unless the environment is local and the API listens on a loopback address.
        development_key: Option<PathBuf> = None,
        /// Who may vouch for callers. `actor` is user, system, job or agent. The keys are at `jwks_url`, or in `jwks_file`.
        /// Services may do what `grants` lists; users what their role allows.
        issuer: Vec<IssuerSettings> = Vec::new(),
    }
}

/// Somebody who vouches for callers.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuerSettings {
    /// As in the claim `iss`, letter for letter.
    pub(crate) name: String,
    /// What the claim `aud` must name.
    pub(crate) audience: String,
    /// What its tokens' subjects are. Users have their org and role in the token; services have neither.
    pub(crate) actor: ActorKind,
    /// Where its keys are: either this, `https` unless the environment is local…
    #[serde(default)]
    pub(crate) jwks_url: Option<String>,
    /// …or this.
    #[serde(default)]
    pub(crate) jwks_file: Option<PathBuf>,
    /// What services of this issuer may do, whatever org they act in, as in `["*", "platform:*"]`. Nothing by default.
    /// Users have none: their role and `org_permissions` say what they may do.
    #[serde(default)]
    pub(crate) grants: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActorKind {
    User,
    System,
    Job,
    Agent,
}

/// Why a server does not start.
#[derive(Debug, Error)]
pub(crate) enum AuthFault {
    #[error("two issuers are named {0}")]
    TwoOfOneName(String),
    #[error("an issuer and its audience need a name")]
    Unnamed,
    #[error("issuer {0} needs either jwks_url or jwks_file")]
    OneSource(String),
    #[error("issuer {0}: users get no grants from their issuer")]
    GrantsOfUsers(String),
    #[error("issuer {issuer}: \"{grant}\" is no grant: {source}")]
    BadGrant { issuer: String, grant: String, source: FormatError },
    #[error("issuer {issuer}: {url} is no address of keys; it must be https unless the environment is local")]
    BadUrl { issuer: String, url: String },
    #[error("issuer {issuer}: its keys can't be read from {from}: {reason}")]
    NoKeys { issuer: String, from: String, reason: String },
    #[error("{} can't be read: {reason}; it is made by `xentri up`", path.display())]
    NoDevelopmentKey { path: PathBuf, reason: std::io::Error },
    #[error(transparent)]
    NotLocal(#[from] NotLocal),
    #[error("no client for HTTP can be made: {0:?}")]
    NoClient(reqwest::Error),
}
