//! Who a client is, by what it says first.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, HeaderName, HeaderValue};
use axum::http::request::Parts;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use xentri_domain::kernel::{Caller, Language, OrgId, Principal, Timestamp, ValidUntil};
use xentri_schemas::Problem;

use super::close::End;
use crate::language;

/// The gateway's part.
pub trait Admits: Send + Sync + 'static {
    /// By the headers of the upgrade, in which stands what the client has said since.
    fn admit<'a>(&'a self, upgrade: &'a Parts) -> BoxFuture<'a, Result<(Caller, ValidUntil), Problem>>;

    /// Whether that is still so. Counts nowhere, so that others behind the client's address change nothing in the answer.
    fn stands<'a>(&'a self, upgrade: &'a Parts) -> BoxFuture<'a, Result<(), Problem>>;

    /// Counts one more request of the org; for so long it had better wait.
    fn pace(&self, org: OrgId) -> Option<Duration>;
}

const ORG: HeaderName = HeaderName::from_static("x-org-id");
/// A browser can't set these where it opens a socket.
static SAID: [HeaderName; 3] = [AUTHORIZATION, ACCEPT_LANGUAGE, ORG];
const TOKEN: &str = "consistencyToken";

/// Somebody who may subscribe.
#[derive(Debug, Clone)]
pub(super) struct Admitted {
    pub(super) principal: Principal,
    pub(super) until: Timestamp,
    pub(super) language: Option<Language>,
    pub(super) consistency_token: Option<Arc<str>>,
}

/// What `connection_init` says stands for the headers of these names.
pub(super) fn say(upgrade: &mut Parts, payload: &Map<String, Value>) -> Result<Option<Arc<str>>, End> {
    let mut token = None;
    for (name, value) in payload {
        let header = SAID.iter().find(|header| name.eq_ignore_ascii_case(header.as_str()));
        if header.is_none() && name != TOKEN {
            continue;
        }
        let text = value.as_str().ok_or(End::Invalid("connection_init: expected text"))?;
        match header {
            Some(header) => {
                let value = HeaderValue::from_str(text);
                let value = value.map_err(|_| End::Invalid("connection_init: no value of a header"))?;
                upgrade.headers.insert(header, value);
            }
            None => token = Some(text.into()),
        }
    }
    Ok(token)
}

pub(super) async fn admit(
    admits: &dyn Admits,
    upgrade: &Parts,
    consistency_token: Option<Arc<str>>,
) -> Result<Admitted, End> {
    let (caller, ValidUntil(until)) = admits.admit(upgrade).await.map_err(|problem| refused(&problem))?;
    let principal = caller.principal().cloned().ok_or(End::Refused("ORG_MISSING"))?;
    let language = language::wanted(&upgrade.headers);
    Ok(Admitted { principal, until, language, consistency_token })
}

/// Ends who is not recognised any more. Where that can't be told for now, the token's own end is near enough.
pub(super) async fn look_again(admits: &dyn Admits, upgrade: &Parts) -> Result<(), End> {
    match admits.stands(upgrade).await {
        Err(problem) if problem.kind.status < 500 => Err(refused(&problem)),
        _ => Ok(()),
    }
}

/// What passes by itself is told apart, so that a client comes back.
fn refused(problem: &Problem) -> End {
    match problem.kind.status {
        429 | 500.. => End::Crowded(problem.kind.code),
        _ => End::Refused(problem.kind.code),
    }
}
