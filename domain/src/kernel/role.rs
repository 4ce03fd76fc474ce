//! The roles, and the one table of what each may do.

use std::fmt;

use super::{
    area::words,
    grant::Grant,
    permission::Permission,
    scope::{Level, Scope},
};

words! {
    /// What somebody is in an org.
    Role {
        Owner => "owner",
        Admin => "admin",
        Member => "member",
        Auditor => "auditor",
        Analyst => "analyst",
        Integrator => "integrator",
    }
}

const OWNER: &[Grant] = &[Grant::Everything];

const ADMIN: &[Grant] = &[
    Grant::ReadContexts,
    Grant::WriteContexts,
    Grant::One(Permission::STRATEGY_APPROVE),
    Grant::One(Permission::FINANCE_ISSUE),
    Grant::One(Permission::BRAND_PUBLISH),
    Grant::One(Permission::pulse(Scope::STRATEGY)),
    Grant::One(Permission::PERSON_READ),
    Grant::One(Permission::PERSON_FORGET),
];

const MEMBER: &[Grant] = &[
    Grant::ReadContexts,
    Grant::WriteContexts,
    Grant::PulseLevel(Level::Module),
    Grant::One(Permission::PERSON_READ),
];

/// Reads everything, the history too, and changes nothing.
const AUDITOR: &[Grant] = &[
    Grant::ReadContexts,
    Grant::One(Permission::pulse(Scope::STRATEGY)),
    Grant::One(Permission::LEDGER_READ),
    Grant::One(Permission::PERSON_READ),
    Grant::One(Permission::PROJECTION_READ),
    Grant::One(Permission::EVENTS_SUBSCRIBE),
];

/// Reads what is built from events and builds it anew; people stay sealed.
const ANALYST: &[Grant] = &[
    Grant::ReadContexts,
    Grant::One(Permission::pulse(Scope::STRATEGY)),
    Grant::One(Permission::PROJECTION_READ),
    Grant::One(Permission::PROJECTION_REBUILD),
];

/// The event feed and the schemas only.
const INTEGRATOR: &[Grant] = &[Grant::One(Permission::EVENTS_SUBSCRIBE)];

impl Role {
    pub fn grants(self) -> &'static [Grant] {
        match self {
            Self::Owner => OWNER,
            Self::Admin => ADMIN,
            Self::Member => MEMBER,
            Self::Auditor => AUDITOR,
            Self::Analyst => ANALYST,
            Self::Integrator => INTEGRATOR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Role;
    use crate::kernel::{Grants, Permission};

    /// Owner, admin, member, auditor, analyst, integrator: `x` may, `.` may not.
    const TABLE: &[(&str, &str)] = &[
        ("core:read", "xxxxx."),
        ("core:write", "xxx..."),
        ("strategy:read", "xxxxx."),
        ("strategy:write", "xxx..."),
        ("strategy:approve", "xx...."),
        ("sales:read", "xxxxx."),
        ("sales:write", "xxx..."),
        ("finance:read", "xxxxx."),
        ("finance:write", "xxx..."),
        ("finance:issue", "xx...."),
        ("brand:read", "xxxxx."),
        ("brand:write", "xxx..."),
        ("brand:publish", "xx...."),
        ("pulse:strategy", "xx.xx."),
        ("pulse:category.strategy", "xx.xx."),
        ("pulse:category.sales", "xx.xx."),
        ("pulse:category.finance", "xx.xx."),
        ("pulse:category.brand", "xx.xx."),
        ("pulse:subcategory.direction", "xx.xx."),
        ("pulse:subcategory.crm", "xx.xx."),
        ("pulse:subcategory.receivables", "xx.xx."),
        ("pulse:subcategory.web", "xx.xx."),
        ("pulse:module.brief", "xxxxx."),
        ("pulse:module.leads", "xxxxx."),
        ("pulse:module.invoicing", "xxxxx."),
        ("pulse:module.website", "xxxxx."),
        ("ledger:read", "x..x.."),
        ("person:read", "xxxx.."),
        ("person:forget", "xx...."),
        ("projection:read", "x..xx."),
        ("projection:rebuild", "x...x."),
        ("events:subscribe", "x..x.x"),
        ("org:admin", "x....."),
        ("platform:operate", "......"),
    ];

    #[test]
    fn every_role_may_do_what_the_table_says() {
        assert_eq!(TABLE.len(), Permission::all().count(), "a permission has no row");
        for (word, row) in TABLE {
            let permission = Permission::parse(word).unwrap();
            let allowed =
                Role::ALL.iter().map(|role| if Grants::from(*role).allows(permission) { 'x' } else { '.' });
            assert_eq!(allowed.collect::<String>(), *row, "{word}");
        }
    }

    #[test]
    fn roles_have_names() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(*role));
        }
        assert_eq!(Role::parse("Owner"), None);
    }
}
