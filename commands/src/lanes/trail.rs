//! What a round of commands rests on and what it will leave, for those that are decided after them.

use std::collections::{HashMap, HashSet};

use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{Actor, SubjectId};
use xentri_schemas::DedupeKey;

use crate::dispatch::Work;
use crate::streams::State;

#[derive(Default)]
pub(super) struct Trail {
    /// Every stream that a chain of the round rests on.
    pub(super) left: HashMap<StreamRef, Left>,
    /// Which chain brings data about whom.
    pub(super) people: HashMap<SubjectId, usize>,
    /// Whose first key is among them.
    pub(super) new_people: HashSet<SubjectId>,
    pub(super) forgotten: HashSet<SubjectId>,
    pub(super) keys: HashSet<(Actor, DedupeKey)>,
}

/// A stream as its chain leaves it.
pub(super) struct Left {
    pub(super) state: State,
    pub(super) chain: usize,
    pub(super) written: bool,
}

impl Trail {
    pub(super) fn is_written(&self, stream: StreamRef) -> bool {
        self.left.get(&stream).is_some_and(|left| left.written)
    }

    /// The second of two equal ones finds the first's receipt once that is appended.
    pub(super) fn has_key_of(&self, work: &Work) -> bool {
        !self.keys.is_empty() && key_of(work).is_some_and(|key| self.keys.contains(&key))
    }
}

pub(super) fn key_of(work: &Work) -> Option<(Actor, DedupeKey)> {
    let key = work.key.as_ref()?;
    Some((work.principal.actor().clone(), key.key.clone()))
}
