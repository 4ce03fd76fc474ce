//! A request as the gateway hands it over.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use xentri_domain::kernel::{Caller, Permission, Principal, Timestamp, ValidUntil};
use xentri_schemas::{ErrorKind, Problem};

use super::problem;

#[derive(Debug)]
pub(super) struct Asked {
    pub(super) principal: Principal,
    /// When the caller's token ends.
    pub(super) until: Timestamp,
    pub(super) headers: HeaderMap,
    pub(super) uri: Uri,
    words: Vec<(String, String)>,
}

impl Asked {
    pub(super) fn require(&self, permission: Permission) -> Result<(), Problem> {
        self.principal.require(permission).map_err(|denied| problem::missing(denied.permission))
    }

    /// A parameter of the path; empty where the route has none of that name.
    pub(super) fn word(&self, name: &str) -> &str {
        self.words.iter().find(|(known, _)| known == name).map_or("", |(_, word)| word)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>();
        let caller = caller.ok_or_else(|| Problem::new(ErrorKind::UNAUTHENTICATED))?;
        let principal = caller.principal().cloned();
        let principal = principal.ok_or_else(|| Problem::new(ErrorKind::ORG_MISSING))?;
        let until = parts.extensions.get().map_or(Timestamp::MAX, |ValidUntil(until)| *until);
        // Nothing here is named in bytes that are not UTF-8.
        let words = RawPathParams::from_request_parts(parts, state).await;
        let words = words.map_err(|_| Problem::new(ErrorKind::NOT_FOUND))?;
        let words = words.iter().map(|(name, word)| (name.to_owned(), word.to_owned())).collect();
        Ok(Self { principal, until, headers: parts.headers.clone(), uri: parts.uri.clone(), words })
    }
}
