//! How a socket ends: the codes of the protocol, and those that are ours. `docs/subscriptions.md` lists them.

use std::borrow::Cow;

use axum::extract::ws::CloseFrame;

/// The protocol allows no more bytes.
const LONGEST: usize = 123;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The client has closed, or is not there any more.
    Gone,
    Stopping,
    /// Comes again when it is less crowded.
    Crowded(&'static str),
    TooSlow,
    Silent,
    Invalid(&'static str),
    Unauthorized,
    Refused(&'static str),
    Expired,
    Protocol,
    InitTimeout,
    Duplicate(String),
    InitAgain,
}

/// One for each way to end; also the words of the metric.
pub(super) const WORDS: [&str; 13] = [
    "gone",
    "stopping",
    "crowded",
    "too_slow",
    "silent",
    "invalid",
    "unauthorized",
    "refused",
    "expired",
    "protocol",
    "init_timeout",
    "duplicate",
    "init_again",
];

impl End {
    /// Its word's place, and its code.
    fn place(&self) -> (usize, u16) {
        match self {
            Self::Gone => (0, 1000),
            Self::Stopping => (1, 1012),
            Self::Crowded(_) => (2, 1013),
            Self::TooSlow => (3, 4290),
            Self::Silent => (4, 4290),
            Self::Invalid(_) => (5, 4400),
            Self::Unauthorized => (6, 4401),
            Self::Refused(_) => (7, 4403),
            Self::Expired => (8, 4403),
            Self::Protocol => (9, 4406),
            Self::InitTimeout => (10, 4408),
            Self::Duplicate(_) => (11, 4409),
            Self::InitAgain => (12, 4429),
        }
    }

    pub(super) fn word(&self) -> usize {
        self.place().0
    }

    /// The words of the protocol, where it has some. `resume`: everything up to that event was sent.
    pub(super) fn frame(&self, resume: Option<u64>) -> CloseFrame {
        let reason: Cow<'static, str> = match self {
            Self::Gone => "".into(),
            Self::Stopping => "Service restart".into(),
            Self::Crowded(code) => format!("Try again later: {code}").into(),
            Self::TooSlow => "Too slow".into(),
            Self::Silent => "No answer to a ping".into(),
            Self::Invalid(what) => format!("Invalid message received: {what}").into(),
            Self::Unauthorized => "Unauthorized".into(),
            Self::Refused(code) => format!("Forbidden: {code}").into(),
            Self::Expired => "Forbidden: token expired".into(),
            Self::Protocol => "Subprotocol not acceptable".into(),
            Self::InitTimeout => "Connection initialisation timeout".into(),
            Self::Duplicate(id) => format!("Subscriber for {id} already exists").into(),
            Self::InitAgain => "Too many initialisation requests".into(),
        };
        let reason = match resume.filter(|_| self.resumes()) {
            Some(after) => format!("{reason}; resume after {after}").into(),
            None => reason,
        };
        CloseFrame { code: self.place().1, reason: cut(&reason).into() }
    }

    fn resumes(&self) -> bool {
        matches!(self, Self::Stopping | Self::TooSlow | Self::Silent | Self::Expired)
    }
}

fn cut(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(LONGEST)]
}
