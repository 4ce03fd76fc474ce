//! On whose authority a command or a read runs.

use thiserror::Error;

use super::{Actor, Coded, Grants, OrgId, Permission, UserId};

/// Somebody whom the gateway has recognised, in one org. Whoever holds one need not ask again who it is,
/// only what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    org: OrgId,
    actor: Actor,
    grants: Grants,
    on_behalf_of: Option<UserId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("missing the permission {permission}")]
pub struct Denied {
    pub permission: Permission,
}

impl Coded for Denied {
    fn code(&self) -> &'static str {
        "forbidden"
    }
}

impl Principal {
    pub fn new(org: OrgId, actor: Actor, grants: impl Into<Grants>) -> Self {
        Self { org, actor, grants: grants.into(), on_behalf_of: None }
    }

    /// Recorded, and gives no permission: a service acts with its own.
    #[must_use]
    pub fn on_behalf_of(self, user: UserId) -> Self {
        Self { on_behalf_of: Some(user), ..self }
    }

    pub fn org(&self) -> OrgId {
        self.org
    }

    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    pub fn grants(&self) -> &Grants {
        &self.grants
    }

    pub fn represented(&self) -> Option<UserId> {
        self.on_behalf_of
    }

    pub fn allows(&self, permission: Permission) -> bool {
        self.grants.allows(permission)
    }

    pub fn require(&self, permission: Permission) -> Result<(), Denied> {
        if self.allows(permission) { Ok(()) } else { Err(Denied { permission }) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Actor, Denied, OrgId, Permission, Principal, UserId};
    use crate::kernel::Role;

    #[test]
    fn what_is_missing_is_named() {
        let user = UserId::of("issuer", "ada");
        let org = OrgId::v7(0, [1; 10]);
        let member = Principal::new(org, Actor::User(user), Role::Member);
        assert_eq!(member.require(Permission::SALES_WRITE), Ok(()));
        let denied = member.require(Permission::FINANCE_ISSUE);
        assert_eq!(denied, Err(Denied { permission: Permission::FINANCE_ISSUE }));
        assert_eq!(denied.unwrap_err().to_string(), "missing the permission finance:issue");
        assert_eq!(member.represented(), None);
        assert_eq!((member.org(), member.actor()), (org, &Actor::User(user)));
    }

    #[test]
    fn acting_for_somebody_gives_no_permission() {
        let owner = UserId::of("issuer", "owner");
        let org = OrgId::v7(0, [1; 10]);
        let member = Principal::new(org, Actor::User(UserId::of("issuer", "ada")), Role::Member);
        let acting = member.clone().on_behalf_of(owner);
        assert_eq!(acting.represented(), Some(owner));
        assert_eq!(acting.grants(), member.grants());
    }
}
