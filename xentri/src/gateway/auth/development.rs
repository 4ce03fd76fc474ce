//! Tokens for development: signed by this installation itself, taken by itself alone.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use xentri_domain::kernel::{Clock, Grant, Role, Slug, Timestamp};
use xentri_schemas::Environment;

use super::issuer::Issuer;
use super::key_set::KeySet;
use super::key_store::KeyStore;
use super::settings::{ActorKind, AuthFault};

/// What `iss` says of development users…
pub(crate) const USERS: &str = "xentri-local";
/// …and of development services.
pub(crate) const SERVICES: &str = "xentri-local-services";

/// Services may do anything, the platform included: whoever has the key has the whole data directory.
const GRANTS_OF_SERVICES: [&str; 2] = ["*", "platform:*"];

/// Its file's name in the data directory of `xentri up`.
pub(crate) const FILE: &str = "development.key";

const SHORTEST: usize = 32;

/// Two keys made of one secret, so that no token for the one can be passed off as the other's.
#[derive(Clone)]
pub(crate) struct DevelopmentKey {
    users: [u8; 32],
    services: [u8; 32],
}

/// Whoever could reach the API could have got hold of a key that lies about on a developer's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum NotLocal {
    #[error("development tokens are taken in the environment local only; configure an issuer instead")]
    Environment,
    #[error("development tokens are taken on a loopback address only, and {0} is none")]
    Address(SocketAddr),
}

/// A user that a development token names.
#[derive(Debug, Clone)]
pub(crate) struct DevelopmentUser<'a> {
    pub(crate) sub: &'a str,
    /// A UUID or an external id.
    pub(crate) org: &'a str,
    pub(crate) role: Role,
    /// Added to the role.
    pub(crate) permissions: &'a [String],
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    aud: &'static str,
    sub: &'a str,
    iat: i64,
    exp: i64,
    #[serde(flatten)]
    org: Option<OrgClaims<'a>>,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the claims are called so")]
struct OrgClaims<'a> {
    org_id: &'a str,
    org_role: &'static str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    org_permissions: &'a [String],
}

impl DevelopmentKey {
    fn new(secret: &str) -> Self {
        let derive = |name: &str| Sha256::digest(format!("{name}\n{}", secret.trim())).into();
        Self { users: derive(USERS), services: derive(SERVICES) }
    }

    pub(crate) fn read(path: &Path) -> std::io::Result<Self> {
        let secret = std::fs::read_to_string(path)?;
        // Far less than what `xentri up` makes, and more than a file that was cut off.
        if secret.trim().len() < SHORTEST {
            return Err(std::io::Error::new(ErrorKind::InvalidData, "it is too short for a key"));
        }
        Ok(Self::new(&secret))
    }

    /// For a server that is to take its tokens.
    pub(super) fn of_server(
        path: &Path,
        environment: Environment,
        listen: SocketAddr,
    ) -> Result<Self, AuthFault> {
        if environment != Environment::Local {
            return Err(NotLocal::Environment.into());
        }
        if !listen.ip().to_canonical().is_loopback() {
            return Err(NotLocal::Address(listen).into());
        }
        Self::read(path).map_err(|reason| AuthFault::NoDevelopmentKey { path: path.to_owned(), reason })
    }

    pub(crate) fn user_token(
        &self,
        user: &DevelopmentUser<'_>,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let org =
            OrgClaims { org_id: user.org, org_role: user.role.as_str(), org_permissions: user.permissions };
        sign(USERS, user.sub, Some(org), &self.users, now, lifetime)
    }

    pub(crate) fn service_token(
        &self,
        name: &Slug,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        sign(SERVICES, name.as_str(), None, &self.services, now, lifetime)
    }

    pub(super) fn issuers(&self, clock: &Arc<dyn Clock>) -> Vec<Issuer> {
        let issuer = |name: &'static str, actor, grants: &[&str], secret: &[u8]| Issuer {
            name: name.to_owned(),
            audience: name.to_owned(),
            actor,
            grants: grants.iter().filter_map(|word| Grant::parse(word).ok()).collect(),
            keys: Arc::new(KeyStore::fixed(KeySet::secret(secret), name, clock.clone())),
        };
        vec![
            issuer(USERS, ActorKind::User, &[], &self.users),
            issuer(SERVICES, ActorKind::System, &GRANTS_OF_SERVICES, &self.services),
        ]
    }
}

fn sign(
    issuer: &'static str,
    sub: &str,
    org: Option<OrgClaims<'_>>,
    secret: &[u8],
    now: Timestamp,
    lifetime: Duration,
) -> Result<String, jsonwebtoken::errors::Error> {
    let iat = now.as_micros() / 1_000_000;
    let exp = iat.saturating_add_unsigned(lifetime.as_secs());
    let claims = Claims { iss: issuer, aud: issuer, sub, iat, exp, org };
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret))
}
