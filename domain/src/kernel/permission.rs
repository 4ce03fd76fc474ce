//! What may be done: permissions, as words `{area}:{verb}`.
//!
//! A [`Permission`] is one thing that some code asks for; what somebody holds is a [`super::Grant`].

use std::fmt;

use super::{Area, Scope};

/// One of the permissions that exist.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    area: Area,
    verb: &'static str,
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $area:ident $verb:literal;)+) => {
        impl Permission {
            $($(#[$doc])* pub const $name: Self = Self { area: Area::$area, verb: $verb };)+

            const FIXED: &[Self] = &[$(Self::$name,)+];
        }
    };
}

permissions! {
    CORE_READ = Core "read";
    CORE_WRITE = Core "write";
    STRATEGY_READ = Strategy "read";
    STRATEGY_WRITE = Strategy "write";
    SALES_READ = Sales "read";
    SALES_WRITE = Sales "write";
    FINANCE_READ = Finance "read";
    FINANCE_WRITE = Finance "write";
    BRAND_READ = Brand "read";
    BRAND_WRITE = Brand "write";
    STRATEGY_APPROVE = Strategy "approve";
    /// To issue, void and refund invoices.
    FINANCE_ISSUE = Finance "issue";
    BRAND_PUBLISH = Brand "publish";
    /// The history: events as they were appended, and any state as of then.
    LEDGER_READ = Ledger "read";
    /// Opens personal data. Without it such values stay sealed, or null in views.
    PERSON_READ = Person "read";
    PERSON_FORGET = Person "forget";
    PROJECTION_READ = Projection "read";
    PROJECTION_REBUILD = Projection "rebuild";
    EVENTS_SUBSCRIBE = Events "subscribe";
    ORG_ADMIN = Org "admin";
    /// To run the platform itself. No role of an org has it.
    PLATFORM_OPERATE = Platform "operate";
}

impl Permission {
    /// One of them is needed by whoever is to change anything at all.
    pub const WRITES: &[Self] =
        &[Self::CORE_WRITE, Self::STRATEGY_WRITE, Self::SALES_WRITE, Self::FINANCE_WRITE, Self::BRAND_WRITE];

    /// To see what deserves attention at a scope.
    pub const fn pulse(scope: Scope) -> Self {
        Self { area: Area::Pulse, verb: scope.as_str() }
    }

    pub fn all() -> impl Iterator<Item = Self> {
        Self::FIXED.iter().copied().chain(Scope::all().map(Self::pulse))
    }

    pub fn parse(raw: &str) -> Option<Self> {
        let (area, verb) = raw.split_once(':')?;
        Self::all().find(|known| known.area.as_str() == area && known.verb == verb)
    }

    pub fn area(self) -> Area {
        self.area
    }

    pub fn verb(self) -> &'static str {
        self.verb
    }

    /// The scope of a Pulse permission.
    pub fn scope(self) -> Option<Scope> {
        if self.area == Area::Pulse { Scope::parse(self.verb).ok() } else { None }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.area, self.verb)
    }
}

impl fmt::Debug for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Area, Permission};

    #[test]
    fn every_word_names_one_permission() {
        let words: BTreeSet<_> = Permission::all().map(|permission| permission.to_string()).collect();
        assert_eq!(words.len(), Permission::all().count());
        for permission in Permission::all() {
            assert_eq!(Permission::parse(&permission.to_string()), Some(permission));
            assert_eq!(permission.scope().is_some(), permission.area() == Area::Pulse);
        }
        for bad in [
            "",
            "sales",
            "sales:",
            ":read",
            "sales:approve",
            "ledger:write",
            "pulse:module.x",
            "Sales:read",
            "sales:read ",
            "sales:*",
        ] {
            assert_eq!(Permission::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn every_context_can_be_read_and_written() {
        for area in Area::ALL.iter().filter(|area| area.is_context()) {
            for verb in ["read", "write"] {
                assert!(Permission::parse(&format!("{area}:{verb}")).is_some(), "{area}:{verb}");
            }
        }
    }
}
