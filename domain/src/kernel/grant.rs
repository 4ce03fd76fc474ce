//! What somebody holds: permissions, also many at once by `*`.

use std::{collections::BTreeSet, fmt, str::FromStr, sync::Arc};

use super::{
    Area, FormatError,
    permission::Permission,
    role::Role,
    scope::{Level, Scope},
};

/// A permission, or a word with `*`:
///
/// | word | grants |
/// |---|---|
/// | `sales:write` | that permission |
/// | `pulse:category.sales` | that scope and those below it |
/// | `sales:*` | everything in an area |
/// | `*:read`, `*:write` | the verb in the five business contexts, and nowhere else |
/// | `pulse:module.*` | every scope of a level |
/// | `*` | everything in an org; never the platform, which has to be named |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grant {
    Everything,
    ReadContexts,
    WriteContexts,
    Area(Area),
    PulseLevel(Level),
    One(Permission),
}

impl Grant {
    pub fn parse(raw: &str) -> Result<Self, FormatError> {
        let grant = match raw {
            "*" => Some(Self::Everything),
            "*:read" => Some(Self::ReadContexts),
            "*:write" => Some(Self::WriteContexts),
            "pulse:module.*" => Some(Self::PulseLevel(Level::Module)),
            "pulse:subcategory.*" => Some(Self::PulseLevel(Level::Subcategory)),
            "pulse:category.*" => Some(Self::PulseLevel(Level::Category)),
            _ => match raw.strip_suffix(":*") {
                Some(area) => Area::parse(area).map(Self::Area),
                None => Permission::parse(raw).map(Self::One),
            },
        };
        grant.ok_or(FormatError::expected("a permission like sales:write or sales:*"))
    }

    /// What an org's own token may add to a role. Its administrators write such words, so the platform is not theirs to give.
    pub fn parse_of_org(raw: &str) -> Result<Self, FormatError> {
        let grant = Self::parse(raw)?;
        if grant.allows(Permission::PLATFORM_OPERATE) {
            return Err(FormatError::expected("a permission within an org"));
        }
        Ok(grant)
    }

    pub fn allows(self, required: Permission) -> bool {
        match self {
            Self::Everything => required.area() != Area::Platform,
            Self::ReadContexts => required.area().is_context() && required.verb() == "read",
            Self::WriteContexts => required.area().is_context() && required.verb() == "write",
            Self::Area(area) => required.area() == area,
            Self::PulseLevel(level) => required.scope().is_some_and(|scope| scope.level() <= level),
            Self::One(held) => match (held.scope(), required.scope()) {
                (Some(held), Some(required)) => held.covers(required),
                _ => held == required,
            },
        }
    }
}

impl FromStr for Grant {
    type Err = FormatError;

    fn from_str(raw: &str) -> Result<Self, FormatError> {
        Self::parse(raw)
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => formatter.write_str("*"),
            Self::ReadContexts => formatter.write_str("*:read"),
            Self::WriteContexts => formatter.write_str("*:write"),
            Self::Area(area) => write!(formatter, "{area}:*"),
            Self::PulseLevel(Level::Module) => formatter.write_str("pulse:module.*"),
            Self::PulseLevel(Level::Subcategory) => formatter.write_str("pulse:subcategory.*"),
            Self::PulseLevel(Level::Category) => formatter.write_str("pulse:category.*"),
            Self::PulseLevel(Level::Strategy) => formatter.write_str("pulse:strategy"),
            Self::One(permission) => permission.fmt(formatter),
        }
    }
}

/// All that somebody holds. Cheap to clone: it goes with every command, and with every time that one is decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(Arc<BTreeSet<Grant>>);

impl Grants {
    pub fn allows(&self, required: Permission) -> bool {
        self.0.iter().any(|grant| grant.allows(required))
    }

    /// The highest scopes that Pulse may be looked at from: where a user lands. None of them lies below
    /// another; from the top down.
    pub fn top_scopes(&self) -> Vec<Scope> {
        let allowed = |scope| self.allows(Permission::pulse(scope));
        Scope::all().filter(|scope| allowed(*scope) && !scope.parent().is_some_and(allowed)).collect()
    }
}

impl FromIterator<Grant> for Grants {
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        Self(Arc::new(grants.into_iter().collect()))
    }
}

impl Extend<Grant> for Grants {
    fn extend<I: IntoIterator<Item = Grant>>(&mut self, grants: I) {
        Arc::make_mut(&mut self.0).extend(grants);
    }
}

impl From<Role> for Grants {
    fn from(role: Role) -> Self {
        role.grants().iter().copied().collect()
    }
}

#[cfg(test)]
mod tests;
