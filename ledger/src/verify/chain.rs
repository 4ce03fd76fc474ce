//! The chain of one org, computed again.

use std::sync::Arc;

use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_schemas::{Digest, LedgerMark, Recorded};

use super::book::SignedHead;
use super::checkpoint::Checkpoint;
use super::finding::{Finding, Reason};
use super::row::EventRow;

/// What the chain takes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainLink {
    pub recorded: Recorded,
    /// SHA-256 of the body.
    pub body: Digest,
}

impl ChainLink {
    pub fn of(recorded: Recorded, body: &str) -> Self {
        Self { recorded, body: Digest::of(body) }
    }

    /// Whether its hash is what follows from `before`.
    pub(super) fn follows(&self, before: Digest) -> bool {
        self.after(before) == self.recorded.ledger.hash
    }

    fn after(&self, before: Digest) -> Digest {
        let LedgerMark { epoch, org_seq, .. } = self.recorded.ledger;
        before.next(epoch, org_seq, self.recorded.recorded_at, self.body)
    }
}

impl EventRow<'_> {
    /// None where the row can't be one of the ledger's.
    pub fn link(&self) -> Option<ChainLink> {
        self.recorded().ok().map(|recorded| ChainLink::of(recorded, self.body))
    }
}

/// How far an org's events were found to fit. Takes about 150 bytes, whatever the org's length.
///
/// That versions are gapless within each stream is not counted, for it would take memory for every stream: the
/// unique index refuses the same version twice, the version stands in the body, and the hash covers the body. A
/// version that is missing is an event that is missing, which shows in the org's numbers.
#[derive(Debug, Clone)]
pub struct OrgChain {
    org_id: OrgId,
    head: Digest,
    org_seq: u64,
    epoch: u64,
    recorded_at: Timestamp,
    /// By `org_seq`.
    signed: Arc<[SignedHead]>,
    /// How many of them lie behind.
    passed: usize,
    /// The last checkpoint that the chain agreed with.
    fits_to: u64,
}

impl OrgChain {
    /// From the org's first event on.
    pub fn new(org_id: OrgId, signed: Arc<[SignedHead]>) -> Self {
        Self {
            org_id,
            head: Digest::GENESIS,
            org_seq: 0,
            epoch: 0,
            recorded_at: Timestamp::MIN,
            passed: behind(&signed, 0),
            signed,
            fits_to: 0,
        }
    }

    /// From the event after `link` on, which a checkpoint has to know: for whoever signs again and again and
    /// need not begin at the beginning.
    pub fn resume(org_id: OrgId, link: &ChainLink, signed: Arc<[SignedHead]>) -> Result<Self, Reason> {
        let LedgerMark { epoch, org_seq, hash } = link.recorded.ledger;
        let here: Vec<_> = signed.iter().filter(|head| head.org_seq == org_seq).collect();
        if here.is_empty() {
            return Err(Reason::NotSigned);
        }
        if let Some(other) = here.iter().find(|head| head.hash != hash) {
            return Err(Reason::NotAsSigned { made_at: other.made_at, fits_to: 0 });
        }
        let recorded_at = link.recorded.recorded_at;
        let passed = behind(&signed, org_seq);
        Ok(Self { org_id, head: hash, org_seq, epoch, recorded_at, signed, passed, fits_to: org_seq })
    }

    /// Takes the org's next event, or says what is wrong with it and stays where it is.
    pub fn add(&mut self, link: &ChainLink) -> Result<(), Reason> {
        let Recorded { recorded_at, ledger } = link.recorded;
        let expected = self.org_seq + 1;
        if ledger.org_seq != expected {
            return Err(Reason::OrgSeq { expected });
        }
        if ledger.epoch < self.epoch {
            return Err(Reason::EpochFell);
        }
        if recorded_at < self.recorded_at {
            return Err(Reason::TimeFell);
        }
        let computed = link.after(self.head);
        if computed != ledger.hash {
            return Err(Reason::Unfit { stored: ledger.hash, computed });
        }
        self.compare_with_signed(expected, computed)?;
        (self.head, self.org_seq) = (computed, expected);
        (self.epoch, self.recorded_at) = (ledger.epoch, recorded_at);
        Ok(())
    }

    /// The same with the columns around it, which the hash does not cover.
    pub fn add_row(&mut self, row: &EventRow<'_>) -> Result<(), Box<Finding>> {
        self.try_row(row).map_err(|reason| Box::new(row.finding(reason)))
    }

    pub(super) fn try_row(&mut self, row: &EventRow<'_>) -> Result<(), Reason> {
        row.agrees_with_body()?;
        if row.org_id != self.org_id.uuid() {
            return Err(Reason::OtherOrg);
        }
        self.add(&ChainLink::of(row.recorded()?, row.body))
    }

    fn compare_with_signed(&mut self, org_seq: u64, hash: Digest) -> Result<(), Reason> {
        while let Some(signed) = self.signed.get(self.passed).filter(|signed| signed.org_seq == org_seq) {
            if signed.hash != hash {
                return Err(Reason::NotAsSigned { made_at: signed.made_at, fits_to: self.fits_to });
            }
            (self.passed, self.fits_to) = (self.passed + 1, org_seq);
        }
        Ok(())
    }

    pub fn org_id(&self) -> OrgId {
        self.org_id
    }

    /// How many events the org has, so far.
    pub fn org_seq(&self) -> u64 {
        self.org_seq
    }

    pub fn head(&self) -> Digest {
        self.head
    }

    /// What there is to sign.
    pub fn checkpoint(&self, made_at: Timestamp) -> Checkpoint {
        Checkpoint {
            org_id: self.org_id,
            epoch: self.epoch,
            org_seq: self.org_seq,
            hash: self.head,
            recorded_at: self.recorded_at,
            made_at,
            restored: false,
        }
    }
}

fn behind(signed: &[SignedHead], org_seq: u64) -> usize {
    signed.partition_point(|head| head.org_seq <= org_seq)
}
