//! Closed lists of words, and the first of them: what permissions are about.

use std::fmt;

/// An enum whose values are words: `as_str`, `parse`, `ALL`, `Display`.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident => $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($variant,)+
        }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            pub fn parse(raw: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == raw)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(self.as_str())
            }
        }
    };
}

pub(super) use words;

words! {
    /// What stands before the colon.
    Area {
        Core => "core",
        Strategy => "strategy",
        Sales => "sales",
        Finance => "finance",
        Brand => "brand",
        Pulse => "pulse",
        Ledger => "ledger",
        Person => "person",
        Projection => "projection",
        Events => "events",
        Org => "org",
        Platform => "platform",
    }
}

impl Area {
    /// The five in which a company does its business, each with `read` and `write`.
    pub fn is_context(self) -> bool {
        matches!(self, Self::Core | Self::Strategy | Self::Sales | Self::Finance | Self::Brand)
    }
}
