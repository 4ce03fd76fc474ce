//! Which change breaks which promise.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promise {
    /// A version of a payload that stays what it is: what was recorded is still read, and who reads today's is not
    /// surprised.
    Event,
    /// What clients send is still accepted.
    Command,
    /// A later minor version: who reads the older one reads this one too. What was recorded is upcast.
    NextMinor,
    /// An answer over HTTP: nothing is left of what was read before, so only readers count.
    Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    FieldAdded,
    FieldRemoved,
    RequiredFieldAdded,
    NowRequired,
    NoLongerRequired,
    Retyped,
    TypeNarrowed,
    TypeWidened,
    BoundNarrowed,
    BoundWidened,
    WordRemoved,
    WordAdded,
    PersonalMarkChanged,
    /// Of two patterns nobody can tell which one takes more.
    Incomparable,
}

impl Rule {
    pub(super) fn breaks(self, promise: Promise) -> bool {
        let (event, command, next_minor) = match self {
            Self::FieldAdded => (false, false, false),
            Self::FieldRemoved | Self::Retyped | Self::PersonalMarkChanged => (true, true, true),
            Self::NoLongerRequired | Self::TypeWidened => (true, false, true),
            Self::RequiredFieldAdded
            | Self::NowRequired
            | Self::TypeNarrowed
            | Self::BoundNarrowed
            | Self::WordRemoved
            | Self::Incomparable => (true, true, false),
            Self::BoundWidened | Self::WordAdded => (true, false, false),
        };
        match promise {
            Promise::Event => event,
            Promise::Command => command,
            Promise::NextMinor => next_minor,
            // What is now always there surprises nobody.
            Promise::Answer => event && !matches!(self, Self::RequiredFieldAdded | Self::NowRequired),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::FieldAdded => "an optional field is new",
            Self::FieldRemoved => "the field is gone",
            Self::RequiredFieldAdded => "a required field is new",
            Self::NowRequired => "the field was optional and is required",
            Self::NoLongerRequired => "the field was always there and may be missing",
            Self::Retyped => "the type is another",
            Self::TypeNarrowed => "fewer types are allowed",
            Self::TypeWidened => "more types are allowed",
            Self::BoundNarrowed => "a bound is narrower",
            Self::BoundWidened => "a bound is wider",
            Self::WordRemoved => "a choice is gone",
            Self::WordAdded => "a choice is new",
            Self::PersonalMarkChanged => "the field was personal and is not, or the other way round",
            Self::Incomparable => "a rule is another, and nobody can tell which one takes more",
        }
    }
}

/// One difference between two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// In the data: a JSON pointer with `*` for the items of a list.
    pub(super) path: String,
    pub(super) rule: Rule,
    pub(super) detail: String,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        write!(formatter, "at {path}: {} ({})", self.rule.words(), self.detail)
    }
}
