//! Whom the gateway has recognised.

use super::{Actor, Grants, OrgId, Principal, Timestamp};

/// What every request that got past the gateway carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    InOrg(Principal),
    /// A service that named no org: it makes orgs, and runs the platform where it may.
    Platform(Service),
}

/// Until when the proof of who calls is good. An answer that goes on for longer ends then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidUntil(pub Timestamp);

/// One of the platform's own services. What it may do is its own, whatever org it acts in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub actor: Actor,
    pub grants: Grants,
}

impl Service {
    pub fn in_org(self, org: OrgId) -> Principal {
        Principal::new(org, self.actor, self.grants)
    }
}

impl Caller {
    pub fn actor(&self) -> &Actor {
        match self {
            Self::InOrg(principal) => principal.actor(),
            Self::Platform(service) => &service.actor,
        }
    }

    /// On whose authority a command runs that names its org itself.
    pub fn naming(&self, org: OrgId) -> Principal {
        match self {
            Self::InOrg(principal) => {
                Principal::new(org, principal.actor().clone(), principal.grants().clone())
            }
            Self::Platform(service) => service.clone().in_org(org),
        }
    }

    pub fn principal(&self) -> Option<&Principal> {
        match self {
            Self::InOrg(principal) => Some(principal),
            Self::Platform(_) => None,
        }
    }
}
