//! All that was signed about the orgs in question, ready to hold the ledger against.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;

use thiserror::Error;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_schemas::Digest;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::finding::{Finding, Reason};
use super::key::PublicKey;
use super::lines::{LineError, Lines};

/// More bytes than a line has.
const LINE_MAX: usize = 4096;

/// What one checkpoint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedHead {
    pub org_seq: u64,
    pub hash: Digest,
    pub made_at: Timestamp,
}

/// Keeps every checkpoint, not only an org's newest: a history that was written anew and then signed by a program
/// that didn't look would fit the newest. About 60 bytes each; whoever has too many reads a part of the orgs at a
/// time. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct CheckpointBook {
    orgs: Arc<HashMap<OrgId, Arc<[SignedHead]>>>,
    highest_epoch: u64,
}

#[derive(Debug, Error)]
pub enum BookError {
    #[error("line {line} of the checkpoints")]
    Line {
        line: u64,
        #[source]
        error: LineError,
    },
    #[error("line {line} of the checkpoints")]
    Checkpoint {
        line: u64,
        #[source]
        error: CheckpointError,
    },
}

impl CheckpointBook {
    /// Reads a file of checkpoints, whose lines may come in any order. A line that doesn't end is one that a crash
    /// cut short, and is passed over.
    pub fn read(
        source: impl BufRead,
        keys: &[PublicKey],
        wanted: impl Fn(OrgId) -> bool,
    ) -> Result<Self, BookError> {
        let mut orgs: HashMap<OrgId, Vec<Checkpoint>> = HashMap::new();
        let mut lines = Lines::new(source, LINE_MAX);
        let mut highest_epoch = 0;
        loop {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) | Err(LineError::CutOff) => break,
                Err(error) => return Err(BookError::Line { line: lines.number(), error }),
            };
            let refused = |error| BookError::Checkpoint { line: lines.number(), error };
            let org = Checkpoint::org_of(&line).ok_or_else(|| refused(CheckpointError::Form))?;
            if wanted(org) {
                let checkpoint = Checkpoint::read_signed(&line, keys).map_err(refused)?;
                highest_epoch = checkpoint.epoch.max(highest_epoch);
                orgs.entry(checkpoint.org_id).or_default().push(checkpoint);
            }
        }
        let orgs = orgs.into_iter().map(|(org, signed)| (org, in_force(signed).into())).collect();
        Ok(Self { orgs: Arc::new(orgs), highest_epoch })
    }

    /// By `org_seq`.
    pub fn of(&self, org: OrgId) -> Arc<[SignedHead]> {
        self.orgs.get(&org).cloned().unwrap_or_default()
    }

    pub(super) fn orgs(&self) -> impl Iterator<Item = OrgId> {
        self.orgs.keys().copied()
    }

    /// Of all that was signed about the orgs in it, in force or not; 0 for an empty book. A restore makes the ledger itself
    /// forget the epochs that began after its point. For a new epoch, read all orgs.
    pub fn highest_epoch(&self) -> u64 {
        self.highest_epoch
    }

    /// The orgs that have fewer events than was signed, given how many each has (0 for none at all). In the order
    /// of the orgs' ids; each names the first event that is gone.
    pub fn missing(&self, events: impl Fn(OrgId) -> u64) -> Vec<Finding> {
        let mut findings: Vec<_> = self
            .orgs
            .iter()
            .filter_map(|(org, signed)| {
                let (last, there) = (signed.last()?, events(*org));
                (there < last.org_seq).then(|| Finding {
                    shard: None,
                    org_id: org.uuid(),
                    org_seq: i64::try_from(there + 1).unwrap_or(i64::MAX),
                    position: None,
                    event_id: None,
                    reason: Reason::MissingTail { made_at: last.made_at, signed: last.org_seq },
                })
            })
            .collect();
        findings.sort_unstable_by_key(|finding| finding.org_id);
        findings
    }
}

/// What still counts: a restore takes back what was signed before it about events above it.
fn in_force(mut all: Vec<Checkpoint>) -> Vec<SignedHead> {
    let restores: Vec<_> = all.iter().filter(|c| c.restored).map(|c| (c.made_at, c.org_seq)).collect();
    all.retain(|c| !restores.iter().any(|(made_at, above)| c.made_at <= *made_at && c.org_seq > *above));
    let mut heads: Vec<_> = all
        .into_iter()
        .map(|c| SignedHead { org_seq: c.org_seq, hash: c.hash, made_at: c.made_at })
        .collect();
    heads.sort_unstable_by_key(|head| (head.org_seq, head.made_at));
    heads.dedup_by_key(|head| (head.org_seq, head.hash));
    heads
}
