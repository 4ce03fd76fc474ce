//! Writing a bundle, one row at a time.

use std::collections::BTreeSet;
use std::io::{self, Write};

use thiserror::Error;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_schemas::{Digest, Frame, Reading};

use super::events::shows_nobody;
use super::lines::{ENVELOPE, End, Header, schema_line};
use crate::verify::book::CheckpointBook;
use crate::verify::chain::OrgChain;
use crate::verify::checkpoint::Checkpoint;
use crate::verify::finding::{Finding, Reason};
use crate::verify::key::CheckpointKey;
use crate::verify::row::EventRow;

#[derive(Debug, Error)]
pub enum BundleError {
    #[error("can't write the export")]
    Write(#[from] io::Error),
    /// Nothing is signed that does not verify.
    #[error("the ledger does not verify")]
    Ledger(#[source] Box<Finding>),
    #[error("the org has no events")]
    Empty,
    #[error("no schema is called {name}; a newer release has it")]
    NoSchema { name: String },
}

/// Dropped before [`BundleWriter::finish`], it leaves a file that every reader refuses as cut off.
pub struct BundleWriter<W: Write> {
    out: zstd::Encoder<'static, W>,
    chain: OrgChain,
    exported_at: Timestamp,
    schemas: BTreeSet<String>,
    others: Vec<Digest>,
}

impl<W: Write> BundleWriter<W> {
    /// `book`: nothing is signed that is not what was signed before.
    pub fn start(
        out: W,
        org_id: OrgId,
        exported_at: Timestamp,
        book: &CheckpointBook,
    ) -> Result<Self, BundleError> {
        let mut out = zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
        out.include_checksum(true)?;
        let chain = OrgChain::new(org_id, book.of(org_id));
        let mut bundle = Self { out, chain, exported_at, schemas: BTreeSet::new(), others: Vec::new() };
        bundle.other_line(&Header::new(org_id, exported_at).line())?;
        Ok(bundle)
    }

    /// Takes the org's next event, as it is stored: sealed fields stay sealed, and what is open is refused, for an export
    /// can't be called back.
    pub fn event(&mut self, row: &EventRow<'_>) -> Result<(), BundleError> {
        if let Ok(Reading::Event(envelope)) = Reading::of(row.body) {
            shows_nobody(envelope.payload).map_err(|reason| refused(row, reason))?;
        }
        self.add(row)
    }

    /// Whatever it shows.
    pub(in crate::verify) fn add(&mut self, row: &EventRow<'_>) -> Result<(), BundleError> {
        self.chain.add_row(row).map_err(BundleError::Ledger)?;
        let frame = Frame::read(row.body).map_err(|_| refused(row, Reason::Unreadable))?;
        if !self.schemas.contains(&*frame.payload_schema) {
            self.schemas.insert(frame.payload_schema.into_owned());
        }
        let wire = row.recorded().map_err(|reason| refused(row, reason))?.wire(row.body);
        self.line(&wire)?;
        Ok(())
    }

    /// Writes what comes after the events, and returns what it signed.
    pub fn finish(mut self, key: &CheckpointKey) -> Result<(W, Checkpoint), BundleError> {
        if self.chain.org_seq() == 0 {
            return Err(BundleError::Empty);
        }
        let used = std::mem::take(&mut self.schemas);
        for name in std::iter::once(ENVELOPE.to_owned()).chain(used) {
            let line = schema_line(&name).ok_or(BundleError::NoSchema { name })?;
            self.other_line(&line)?;
        }
        let checkpoint = self.chain.checkpoint(self.exported_at);
        self.other_line(&checkpoint.sign(key))?;
        let end = End::new(self.chain.org_seq(), std::mem::take(&mut self.others));
        self.line(&end.sign(key))?;
        Ok((self.out.finish()?, checkpoint))
    }

    fn other_line(&mut self, text: &str) -> io::Result<()> {
        self.others.push(Digest::of(text));
        self.line(text)
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")
    }
}

fn refused(row: &EventRow<'_>, reason: Reason) -> BundleError {
    BundleError::Ledger(Box::new(row.finding(reason)))
}
