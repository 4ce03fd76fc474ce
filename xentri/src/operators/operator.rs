//! Who may ask.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use xentri_domain::kernel::{Actor, Caller, Permission};
use xentri_schemas::{ErrorKind, Problem};

const NEEDED: Permission = Permission::PLATFORM_OPERATE;

/// A service that may run the platform, whatever org it names.
#[derive(Debug)]
pub(super) struct Operator(pub(super) Actor);

impl<S: Send + Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>();
        let caller = caller.ok_or_else(|| Problem::new(ErrorKind::UNAUTHENTICATED))?;
        let may = match caller {
            Caller::InOrg(principal) => principal.allows(NEEDED),
            Caller::Platform(service) => service.grants.allows(NEEDED),
        };
        if !may {
            return Err(Problem::new(ErrorKind::FORBIDDEN).detail(format!("missing the permission {NEEDED}")));
        }
        Ok(Self(caller.actor().clone()))
    }
}
