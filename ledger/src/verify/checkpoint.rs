//! A signed statement that an org's history was this one, up to this event.
//!
//! A line stands for itself: in the checkpoint file, in an export, on paper.

use serde::Deserialize;
use thiserror::Error;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_schemas::Digest;

use super::key::{CheckpointKey, PublicKey};
use super::signed::{self, SignatureError};

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    pub org_id: OrgId,
    pub epoch: u64,
    /// Of the last event; 0 with [`Digest::GENESIS`] says that there is none.
    pub org_seq: u64,
    pub hash: Digest,
    /// When the last event was recorded.
    pub recorded_at: Timestamp,
    pub made_at: Timestamp,
    /// The ledger was restored to an earlier point, and the signer knows it: what earlier checkpoints say about
    /// events above this one counts no more. Nothing else takes a checkpoint back.
    #[serde(default)]
    pub restored: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CheckpointError {
    #[error("it is no checkpoint, written as the ledger writes them")]
    Form,
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// The field that says what the line is, and its version.
#[derive(Deserialize)]
struct Line {
    checkpoint: u32,
    #[serde(flatten)]
    content: Checkpoint,
}

impl Checkpoint {
    /// One line, without its end.
    pub fn sign(&self, key: &CheckpointKey) -> String {
        signed::sign(&self.open(), key)
    }

    pub fn read_signed(line: &str, keys: &[PublicKey]) -> Result<Self, CheckpointError> {
        let open = signed::verify(line, keys)?;
        Self::read(open)
    }

    /// The org of a line, before anything in it is believed.
    pub(super) fn org_of(line: &str) -> Option<OrgId> {
        let rest = line.strip_prefix(r#"{"checkpoint":1,"org_id":""#)?;
        rest.get(..36)?.parse().ok()
    }

    fn read(open: &str) -> Result<Self, CheckpointError> {
        let line: Line = signed::read(open).ok_or(CheckpointError::Form)?;
        let good = line.checkpoint == 1 && line.content.open() == open;
        if good { Ok(line.content) } else { Err(CheckpointError::Form) }
    }

    fn open(&self) -> String {
        let Self { org_id, epoch, org_seq, hash, recorded_at, made_at, restored } = self;
        let restored = if *restored { r#","restored":true"# } else { "" };
        format!(
            r#"{{"checkpoint":1,"org_id":"{org_id}","epoch":{epoch},"org_seq":{org_seq},"hash":"{hash}","recorded_at":"{recorded_at}","made_at":"{made_at}"{restored}"#
        )
    }
}
