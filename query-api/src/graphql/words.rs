//! Enums of the schema beside the words that rows have for them.

/// An enum, and for each value the word in the read models. What no value stands for was written by a newer release.
macro_rules! words {
    ($(#[$doc:meta])+ $name:ident, $of:literal { $($(#[$about:meta])+ $value:ident => $word:literal,)+ }) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
        pub(in crate::graphql) enum $name {
            $($(#[$about])+ $value,)+
        }

        impl $name {
            pub(in crate::graphql) fn of(word: &str) -> Result<Self, $crate::graphql::error::ReadError> {
                match word {
                    $($word => Ok(Self::$value),)+
                    _ => Err($crate::graphql::error::ReadError::Unreadable($of)),
                }
            }

            #[allow(dead_code, reason = "only what is filtered by is written back")]
            pub(in crate::graphql) fn word(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }
    };
}
pub(in crate::graphql) use words;
