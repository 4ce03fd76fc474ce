//! That somebody may give a command, as a value: no chain takes a command without it.

use thiserror::Error;
use xentri_domain::kernel::{Actor, OrgId, Principal};
use xentri_domain::registry::Command;

/// Who gives a command in which org, once it is settled that they may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorized {
    org: OrgId,
    actor: Actor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the command {command} on a {stream_type} is not allowed")]
pub struct NotAuthorized {
    pub stream_type: &'static str,
    pub command: &'static str,
}

impl Authorized {
    pub fn to_give(command: &Command, principal: &Principal) -> Result<Self, NotAuthorized> {
        let kind = command.kind();
        if kind.authority.allows(principal, command.scope()) {
            return Ok(Self { org: principal.org(), actor: principal.actor().clone() });
        }
        Err(NotAuthorized { stream_type: kind.stream_type, command: kind.name })
    }

    pub fn org(&self) -> OrgId {
        self.org
    }

    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}
