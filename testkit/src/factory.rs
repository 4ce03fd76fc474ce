//! Orgs and principals that no other test has.

use uuid::Uuid;
use xentri_domain::kernel::{Actor, OrgId, Principal, Role, Slug, UserId};

/// An org of this test alone.
pub fn org() -> OrgId {
    OrgId::try_from(Uuid::now_v7()).expect("a new id is not nil")
}

/// A user of this test alone.
pub fn user() -> UserId {
    UserId::of("https://issuer.test", &Uuid::new_v4().to_string())
}

/// Somebody with that role in `org`.
pub fn principal(org: OrgId, role: Role) -> Principal {
    Principal::new(org, Actor::User(user()), role)
}

/// A service that acts for the system itself, with the grants of an owner.
pub fn system(org: OrgId) -> Principal {
    let name = Slug::parse("testkit").expect("a slug");
    Principal::new(org, Actor::System(name), Role::Owner)
}

#[cfg(test)]
mod tests {
    use xentri_domain::kernel::Permission;

    use super::*;

    #[test]
    fn principals_are_of_the_org_asked_for_and_of_nobody_twice() {
        let org = org();
        let (one, other) = (principal(org, Role::Member), principal(org, Role::Member));
        assert_eq!((one.org(), other.org()), (org, org));
        assert_ne!(one.actor(), other.actor());
        assert!(one.allows(Permission::SALES_WRITE) && !one.allows(Permission::FINANCE_ISSUE));
        assert_eq!(system(org).actor().kind(), "system");
        assert_ne!(super::org(), org);
    }
}
