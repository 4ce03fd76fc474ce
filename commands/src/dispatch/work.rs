//! A command on its way, with all that has been found out for it so far.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use xentri_domain::aggregate::{StreamRef, Unread};
use xentri_domain::kernel::{Principal, StreamId};
use xentri_domain::registry::Command;
use xentri_ledger::{Appended, Authorized, Home};
use xentri_schemas::DedupeKey;

use super::receipt::FirstAnswer;
use super::{CommandRequest, DispatchError, Provenance};
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
    /// A receipt with its key is there.
    KeyUsed,
}

/// How far it has come, for whoever stops waiting.
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
}

impl Progress {
    pub(crate) fn reach(&self, stage: Stage) {
        self.0.store(stage as u8, Ordering::Release);
    }

    pub(crate) fn stage(&self) -> Stage {
        match self.0.load(Ordering::Acquire) {
            0 => Stage::Waiting,
            1 => Stage::Raced,
            _ => Stage::Sent,
        }
    }
}
