//! The Pulse scopes: how far above the daily work somebody stands who looks at what deserves attention.
//!
//! `module.x` → `subcategory.y` → `category.z` → `strategy`. A scope covers those below it.

use std::{fmt, str::FromStr};

use super::{
    FormatError,
    wire::{json_schema_of, text_on_the_wire},
};

/// One of the scopes that exist.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(&'static str);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Module,
    Subcategory,
    Category,
    Strategy,
}

/// Each scope and the one above it. A new module is a new line, or as many as its branch has new scopes.
const PARENTS: [(&str, Option<&str>); 13] = [
    ("strategy", None),
    ("category.strategy", Some("strategy")),
    ("category.sales", Some("strategy")),
    ("category.finance", Some("strategy")),
    ("category.brand", Some("strategy")),
    ("subcategory.direction", Some("category.strategy")),
    ("subcategory.crm", Some("category.sales")),
    ("subcategory.receivables", Some("category.finance")),
    ("subcategory.web", Some("category.brand")),
    ("module.brief", Some("subcategory.direction")),
    ("module.leads", Some("subcategory.crm")),
    ("module.invoicing", Some("subcategory.receivables")),
    ("module.website", Some("subcategory.web")),
];

impl Scope {
    pub const STRATEGY: Self = Self("strategy");
    pub const BRIEF: Self = Self("module.brief");
    pub const LEADS: Self = Self("module.leads");
    pub const INVOICING: Self = Self("module.invoicing");
    pub const WEBSITE: Self = Self("module.website");

    /// From the top down: a parent always comes before its children.
    pub fn all() -> impl Iterator<Item = Self> {
        PARENTS.iter().map(|&(word, _)| Self(word))
    }

    pub fn parse(raw: &str) -> Result<Self, FormatError> {
        Self::all()
            .find(|scope| scope.0 == raw)
            .ok_or(FormatError::expected("a scope like module.leads or strategy"))
    }

    pub const fn as_str(self) -> &'static str {
        self.0
    }

    pub fn level(self) -> Level {
        match self.0.split_once('.') {
            Some(("module", _)) => Level::Module,
            Some(("subcategory", _)) => Level::Subcategory,
            Some(_) => Level::Category,
            None => Level::Strategy,
        }
    }

    /// Where an item is promoted to.
    pub fn parent(self) -> Option<Self> {
        PARENTS.iter().find(|(word, _)| *word == self.0).and_then(|&(_, parent)| parent).map(Self)
    }

    /// Whether `other` is this scope or one below it.
    pub fn covers(self, other: Self) -> bool {
        std::iter::successors(Some(other), |scope| scope.parent()).any(|scope| scope == self)
    }
}

impl FromStr for Scope {
    type Err = FormatError;

    fn from_str(raw: &str) -> Result<Self, FormatError> {
        Self::parse(raw)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.0)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

text_on_the_wire!(Scope);
json_schema_of!(Scope, {
    "description": "A Pulse scope: module → subcategory → category → strategy.",
    "type": "string",
    "enum": Scope::all().collect::<Vec<_>>(),
    "x-grows": true,
    "examples": ["module.leads"],
});

#[cfg(test)]
mod tests {
    use super::{Level, Scope};

    #[test]
    fn every_scope_leads_to_strategy_one_level_at_a_time() {
        for scope in Scope::all() {
            assert_eq!(Scope::parse(scope.as_str()), Ok(scope));
            assert!(Scope::STRATEGY.covers(scope) && scope.covers(scope));
            let next = match scope.level() {
                Level::Module => Some(Level::Subcategory),
                Level::Subcategory => Some(Level::Category),
                Level::Category => Some(Level::Strategy),
                Level::Strategy => None,
            };
            assert_eq!(scope.parent().map(Scope::level), next, "{scope}");
            if let Some(parent) = scope.parent() {
                assert!(parent.covers(scope) && !scope.covers(parent));
                assert_eq!(Scope::parse(parent.as_str()), Ok(parent), "{parent} is itself in the table");
            }
        }
    }

    #[test]
    fn branches_do_not_cover_each_other() {
        let sales = Scope::parse("category.sales").unwrap();
        assert!(sales.covers(Scope::LEADS));
        for other in [Scope::BRIEF, Scope::INVOICING, Scope::WEBSITE] {
            assert!(!sales.covers(other));
        }
        // The category of the strategy and the top are two scopes.
        assert!(!Scope::parse("category.strategy").unwrap().covers(Scope::STRATEGY));
    }

    #[test]
    fn other_words_are_no_scope() {
        for bad in
            ["", "module", "module.", "module.x", "leads", "Strategy", "category", "module.*", "strategy.x"]
        {
            assert!(Scope::parse(bad).is_err(), "{bad:?}");
        }
    }
}
