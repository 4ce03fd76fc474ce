//! The words for where a rebuild is and for what is wanted of it.

/// An enum of words as the database has them.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$of:meta])* $word:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$of])* $word,)+
        }

        impl $name {
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)+
                }
            }

            pub(in crate::rebuild) fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$word),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }
    };
}

pub(in crate::rebuild) use words;

words! {
    /// Where a rebuild is.
    Phase {
        /// Rows are made of the ledger.
        Loading = "loading",
        /// Workers bring it to where the live generation is.
        Following = "following",
        /// It is compared with the live one.
        Comparing = "comparing",
        /// Nobody may read as of before it was whole when it is shown.
        Settling = "settling",
        /// It is not as the live one, and kept for somebody to look at.
        Differing = "differing",
        /// Readers see it, and can be taken back.
        Grace = "grace",
        /// Readers were taken back to what it had replaced.
        Returned = "returned",
        Done = "done",
        Cancelled = "cancelled",
    }
}

words! {
    /// What somebody wants of the process that does it.
    Wish {
        Go = "go",
        Pause = "pause",
        Cancel = "cancel",
    }
}

impl Phase {
    /// Nobody else can rebuild the same read model meanwhile.
    pub fn is_under_way(self) -> bool {
        !self.was_shown() && self != Self::Cancelled
    }

    /// Readers see it, or have seen it.
    pub fn was_shown(self) -> bool {
        matches!(self, Self::Grace | Self::Returned | Self::Done)
    }
}
