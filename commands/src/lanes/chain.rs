//! A chain in the making, and who is in it.

use std::collections::HashMap;

use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::SubjectId;
use xentri_ledger::{
    AppendError, Appenders, Chain, ChainError, CommandRecord, Home, Outcome, ReceiptRecord, Sealer,
    SealingError,
};
use xentri_schemas::Envelope;

use super::job::Job;
use crate::dispatch::{FirstAnswer, Work};

pub(super) struct GrowingChain {
    pub(super) members: Vec<Member>,
    /// Every stream that it rests on, with the version before it.
    pub(super) seen: HashMap<StreamRef, u32>,
    /// How many bytes it adds to which stream.
    pub(super) written: HashMap<StreamRef, usize>,
    /// Nobody else may join.
    pub(super) alone: bool,
    chain: Chain,
    sealer: Sealer,
}

pub(super) struct Member {
    pub(super) job: Job,
    pub(super) first: FirstAnswer,
}

/// Why a command did not get into a chain.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAdded {
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// A mistake of ours. The chain is of no more use.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// What one command adds.
pub(super) struct Addition<'a> {
    pub(super) work: &'a Work,
    pub(super) seen: Vec<(StreamRef, u32)>,
    pub(super) forgets: Option<(SubjectId, usize)>,
    pub(super) first: &'a FirstAnswer,
}

pub(super) struct Added {
    /// How long its events are.
    pub(super) bytes: usize,
    /// Whose first key it brings.
    pub(super) new_people: Vec<SubjectId>,
}

impl GrowingChain {
    pub(super) fn new(home: Home, sealer: Sealer, alone: bool) -> Self {
        Self {
            members: Vec::new(),
            seen: HashMap::new(),
            written: HashMap::new(),
            alone,
            chain: Chain::new(home),
            sealer,
        }
    }

    /// Seals the events where they stand and adds them.
    pub(super) async fn add(
        &mut self,
        addition: Addition<'_>,
        envelopes: &mut [Envelope],
    ) -> Result<Added, NotAdded> {
        let Addition { work, seen, forgets, first } = addition;
        let mut record = self.sealer.seal_in_place(envelopes).await?;
        if let Some((subject, streams)) = forgets {
            self.sealer.forgets(subject, streams, &mut record);
        }
        if let Some(key) = &work.key {
            let receipt = ReceiptRecord::new(key.key.clone(), key.mac, first.write());
            record.receipt = Some(receipt.map_err(SealingError::from)?);
        }
        let bytes = self.count(&record);
        let new_people = record.new_subjects.iter().map(|new| new.subject).collect();
        self.chain.push(&work.authorized, seen.iter().copied(), record)?;
        for (stream, version) in seen {
            self.seen.entry(stream).or_insert(version);
        }
        Ok(Added { bytes, new_people })
    }

    fn count(&mut self, record: &CommandRecord) -> usize {
        let mut all = 0;
        for event in &record.events {
            *self.written.entry(event.stream()).or_default() += event.bytes();
            all += event.bytes();
        }
        all
    }

    /// It is empty afterwards but for its members.
    pub(super) async fn append(&mut self, appenders: &Appenders) -> Result<Outcome, AppendError> {
        let empty = Chain::new(self.chain.home());
        let chain = std::mem::replace(&mut self.chain, empty);
        let answer = appenders.append(chain).await;
        self.sealer.settle(&answer).await;
        answer
    }
}
