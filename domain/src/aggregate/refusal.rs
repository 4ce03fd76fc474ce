//! Why a command is refused, in words for people and for programs.

use std::borrow::Cow;

use crate::kernel::Coded;

/// What all refusals of one kind have in common for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// There is no such thing, or it is another org's: nobody can tell which.
    NotFound,
    /// Whoever asks may not, in this state or at all.
    NotAllowed,
    /// It is there already.
    AlreadyExists,
    /// Its state does not allow the command.
    IllegalTransition,
    /// Something else has taken what the command wants: a slug, a path, a reference.
    Taken,
    /// A value in the command is wrong here, although well formed.
    Invalid,
}

/// The error of an aggregate. Its message names ids and states, never personal data.
/// Made by `refusals!`.
pub trait Refusal: std::error::Error + Coded + Clone + PartialEq + Send + Sync + 'static {
    /// Every case there is; the catalogue of errors has a page for the code of each.
    const CASES: &'static [RefusalCase];

    fn kind(&self) -> RefusalKind;

    /// Which field of the command is to blame, as a JSON pointer.
    fn pointer(&self) -> Option<Cow<'static, str>>;
}

/// One way in which an aggregate can refuse, whatever the ids in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalCase {
    /// What [`Coded::code`] says of it.
    pub code: &'static str,
    pub kind: RefusalKind,
}

/// Lists the refusals of an aggregate: the variant, its kind, its code, and where a field is to blame, which one; the
/// pointer may be made from a field of the variant. Two variants may share a code, and then have one kind.
///
/// ```text
/// refusals! {
///     InvoiceError;
///     NotFound NotFound "not_found";
///     NoCurrency Invalid "no_currency" at "/currency";
///     LineTooLarge Invalid "out_of_range" with line at format!("/lines/{line}");
/// }
/// ```
macro_rules! refusals {
    (
        $error:ident;
        $($variant:ident $kind:ident $code:literal $($(with $field:ident)? at $pointer:expr)?;)+
    ) => {
        impl $crate::kernel::Coded for $error {
            fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code,)+ }
            }
        }

        impl $crate::aggregate::Refusal for $error {
            const CASES: &'static [$crate::aggregate::RefusalCase] = &[$($crate::aggregate::RefusalCase {
                code: $code,
                kind: $crate::aggregate::RefusalKind::$kind,
            },)+];

            fn kind(&self) -> $crate::aggregate::RefusalKind {
                match self { $(Self::$variant { .. } => $crate::aggregate::RefusalKind::$kind,)+ }
            }

            fn pointer(&self) -> Option<std::borrow::Cow<'static, str>> {
                match self {
                    $($(Self::$variant { $($field,)? .. } => Some(std::borrow::Cow::from($pointer)),)?)+
                    #[allow(unreachable_patterns, reason = "not where a field is to blame for every refusal")]
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use refusals;
