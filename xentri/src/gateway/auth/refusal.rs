//! Why a token is not taken.

use xentri_schemas::{ErrorKind, Problem};

/// Each tells its caller enough to mend it and nothing that a forger could use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NoToken,
    NotBearer,
    SeveralTokens,
    TooLong,
    Malformed,
    /// `none`, one that nobody should use, or not the one that the key is for.
    Algorithm,
    /// It asks for something to be understood that is not.
    Critical,
    Issuer,
    UnknownKey,
    Signature,
    NoExpiry,
    Expired,
    NotYetValid,
    IssuedLater,
    Audience,
    Subject,
}

impl Refusal {
    pub(super) fn detail(self) -> &'static str {
        match self {
            Self::NoToken => "The request has no token.",
            Self::NotBearer => "`Authorization` is not of the form `Bearer …`.",
            Self::SeveralTokens => "The request has more than one token.",
            Self::TooLong => "The token is longer than 8192 bytes.",
            Self::Malformed => "The token can't be read.",
            Self::Algorithm => "The token's algorithm is not the one of its key.",
            Self::Critical => "The token's header names a critical extension.",
            Self::Issuer => "The token's issuer is not known.",
            Self::UnknownKey => "The token's issuer has no such key.",
            Self::Signature => "The token's signature is not right.",
            Self::NoExpiry => "The token has no expiry.",
            Self::Expired => "The token has expired.",
            Self::NotYetValid => "The token is not valid yet.",
            Self::IssuedLater => "The token was issued in the future.",
            Self::Audience => "The token is for another audience.",
            Self::Subject => "The token's subject is missing or of a form that is not taken.",
        }
    }
}

/// The session cookie came from a page that may not use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OriginRefused {
    Missing,
    NotAllowed,
}

/// `x-org-id` can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadOrgHeader {
    NotAscii,
    Repeated,
}

impl From<OriginRefused> for Problem {
    fn from(refused: OriginRefused) -> Self {
        let problem = Self::new(ErrorKind::ORIGIN_REFUSED);
        match refused {
            OriginRefused::Missing => problem.detail("The session cookie came without an `Origin`."),
            OriginRefused::NotAllowed => problem,
        }
    }
}

impl From<BadOrgHeader> for Problem {
    fn from(bad: BadOrgHeader) -> Self {
        Self::new(ErrorKind::BAD_HEADER).detail(match bad {
            BadOrgHeader::NotAscii => "`x-org-id` is not ASCII.",
            BadOrgHeader::Repeated => "`x-org-id` is there more than once.",
        })
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(ErrorKind::UNAUTHENTICATED).detail(refusal.detail())
    }
}
