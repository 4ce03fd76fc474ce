//! A command on its way, with all that has been found out for it so far.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use xentri_domain::aggregate::{StreamRef, Unread};
use xentri_domain::kernel::{Principal, StreamId, Timestamp};
use xentri_domain::registry::Command;
use xentri_ledger::{Appended, Authorized, Home};
use xentri_schemas::{DedupeKey, Environment};

use super::receipt::FirstAnswer;
use super::{CommandRequest, DispatchError, Provenance};
use crate::envelopes::Frame;
use crate::streams::State;

#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) home: Home,
    pub(crate) principal: Principal,
    pub(crate) authorized: Authorized,
    pub(crate) command: Command,
    /// That it is decided on.
    pub(crate) stream: StreamRef,
    /// For a decision that makes something new: the same however often it is decided.
    pub(crate) fresh: StreamId,
    pub(crate) key: Option<Key>,
    pub(crate) if_match: Option<u64>,
    pub(crate) provenance: Provenance,
    /// States that were read for it. One that is kept elsewhere and newer counts more.
    pub(crate) known: HashMap<StreamRef, State>,
    /// Where streams were at some moment since it arrived: a refusal that rests on an older state is none.
    pub(crate) current: HashMap<StreamRef, u32>,
    pub(crate) subject_streams: Option<Vec<StreamRef>>,
    /// Its chain failed as a whole and it may be to blame: it gets one of its own.
    pub(crate) alone: bool,
    /// A key that was guessed or kept was wrong.
    pub(crate) ask_for_keys: bool,
    pub(crate) progress: Progress,
}

impl Work {
    /// Nothing is known yet, and the idempotency key has no MAC.
    pub(crate) fn new(
        home: Home,
        authorized: Authorized,
        principal: Principal,
        request: CommandRequest,
        stream: StreamRef,
        fresh: StreamId,
    ) -> Self {
        Self {
            home,
            principal,
            authorized,
            command: request.command,
            stream,
            fresh,
            key: None,
            if_match: request.if_match,
            provenance: request.provenance,
            known: HashMap::new(),
            current: HashMap::new(),
            subject_streams: None,
            alone: false,
            ask_for_keys: false,
            progress: Progress::default(),
        }
    }

    pub(crate) fn frame<'a>(
        &'a self,
        dedupe_key: Option<&'a DedupeKey>,
        now: Timestamp,
        environment: Environment,
    ) -> Frame<'a> {
        let Self { principal, command, provenance, .. } = self;
        Frame { principal, command: command.kind(), provenance, dedupe_key, now, environment }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) key: DedupeKey,
    /// Of the fingerprint.
    pub(crate) mac: [u8; 32],
}

/// What has become of it in its lane.
#[derive(Debug)]
pub(crate) enum Turn {
    Appended(Box<Done>),
    /// Whoever asked has to find something out first.
    Back(Box<Work>, Why),
    Failed(DispatchError),
}

#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) home: Home,
    pub(crate) stream: StreamRef,
    pub(crate) first: FirstAnswer,
    pub(crate) appended: Appended,
}

#[derive(Debug)]
pub(crate) enum Why {
    Unread(Unread),
    /// Refused, on streams as they were at these versions.
    Rejected {
        error: DispatchError,
        seen: Vec<(StreamRef, u32)>,
    },
    /// A receipt with its key is there, or a command of the same round had it.
    KeyUsed,
}

/// How far it has come. Whoever stops waiting and whoever sends agree by it: one of them comes first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicU8>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Stage {
    /// Nothing has been sent.
    Waiting = 0,
    /// Nothing of it was appended: others were faster.
    Raced = 1,
    /// It may be appended.
    Sent = 2,
    /// Nobody waits for it, and they were told that nothing was appended. It must not be sent any more.
    GivenUp = 3,
}

impl Progress {
    /// How far it had come before. None when it was given up, and then it has to end there: a command is sent only after
    /// it has reached [`Stage::Sent`].
    pub(crate) fn reach(&self, stage: Stage) -> Option<Stage> {
        let reached = |before| (before != Stage::GivenUp as u8).then_some(stage as u8);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, reached).ok().map(Stage::of)
    }

    /// How far it had come. From then on it is not sent, unless it was.
    pub(crate) fn give_up(&self) -> Stage {
        Stage::of(self.0.swap(Stage::GivenUp as u8, Ordering::AcqRel))
    }
}

impl Stage {
    fn of(number: u8) -> Self {
        match number {
            0 => Self::Waiting,
            1 => Self::Raced,
            2 => Self::Sent,
            _ => Self::GivenUp,
        }
    }
}
