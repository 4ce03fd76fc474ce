//! Verifying a bundle, one line at a time, with nothing at hand but public keys.

use std::io::{self, BufRead, BufReader, Read};

use thiserror::Error;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_schemas::Digest;

use super::events::Events;
use super::lines::{ENVELOPE, End, Header, SCHEMAS_MAX, SchemaLine};
use crate::verify::book::CheckpointBook;
use crate::verify::chain::OrgChain;
use crate::verify::checkpoint::{Checkpoint, CheckpointError};
use crate::verify::finding::Finding;
use crate::verify::key::PublicKey;
use crate::verify::lines::{LineError, Lines};
use crate::verify::signed::SignatureError;

/// More bytes than any line has.
const LINE_MAX: usize = 1024 * 1024;

/// What was found to fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleReport {
    pub org_id: OrgId,
    pub exported_at: Timestamp,
    pub events: u64,
    pub head: Digest,
    /// Events of types that this program does not know: they fit, but nobody looked for personal data in them.
    pub unknown: u64,
}

/// The first line that is not as it was exported.
#[derive(Debug, Error)]
#[error("line {line} of the export")]
pub struct BundleFault {
    /// From 1.
    pub line: u64,
    #[source]
    pub fault: LineFault,
}

#[derive(Debug, Error)]
pub enum LineFault {
    #[error("zstd can't be started")]
    Zstd(#[source] io::Error),
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("{0} was expected, written as the ledger writes it")]
    Not(&'static str),
    #[error(transparent)]
    Event(Box<Finding>),
    #[error(transparent)]
    Checkpoint(CheckpointError),
    #[error("it is not the checkpoint of the event before it")]
    OtherHead,
    #[error(transparent)]
    End(SignatureError),
    #[error("it was changed after the export was signed")]
    Changed,
    #[error("it counts other lines than there are")]
    OtherCount,
    #[error("the schemas before it are not those that the events name")]
    OtherSchemas,
    #[error("it was added after the end")]
    AfterEnd,
}

/// Reads a whole bundle. `book` may bring earlier checkpoints of the org, which the bundle has to agree with.
pub fn verify_bundle(
    source: impl Read,
    keys: &[PublicKey],
    book: &CheckpointBook,
) -> Result<BundleReport, BundleFault> {
    let decoder = zstd::Decoder::new(source);
    let decoder = decoder.map_err(|error| BundleFault { line: 1, fault: LineFault::Zstd(error) })?;
    let lines = Lines::new(BufReader::new(decoder), LINE_MAX);
    let mut reader = Reader { lines, line: String::new(), others: Vec::new(), blamed: None };
    reader
        .read(keys, book)
        .map_err(|fault| BundleFault { line: reader.blamed.unwrap_or(reader.lines.number()), fault })
}

struct Reader<R> {
    lines: Lines<R>,
    line: String,
    /// The lines that are no events, with their numbers.
    others: Vec<(u64, Digest)>,
    /// An earlier line that a fault lies in.
    blamed: Option<u64>,
}

impl<R: BufRead> Reader<R> {
    fn read(&mut self, keys: &[PublicKey], book: &CheckpointBook) -> Result<BundleReport, LineFault> {
        self.advance()?;
        let header = Header::read(&self.line).ok_or(LineFault::Not("a header"))?;
        self.advance_from_other()?;
        let mut events = Events::new(OrgChain::new(header.org_id, book.of(header.org_id)));
        while self.line.starts_with(r#"{"id":"#) {
            events.add(&self.line)?;
            self.advance()?;
        }
        let schemas = self.schemas()?;
        if !self.line.starts_with(r#"{"checkpoint":"#) {
            return Err(LineFault::Not("an event, a schema or the checkpoint"));
        }
        let checkpoint = Checkpoint::read_signed(&self.line, keys).map_err(LineFault::Checkpoint)?;
        if checkpoint != events.chain.checkpoint(checkpoint.made_at) {
            return Err(LineFault::OtherHead);
        }
        self.advance_from_other()?;
        let end = End::read(&self.line, keys).map_err(LineFault::End)?.ok_or(LineFault::Not("the end"))?;
        self.others_are(&end.lines)?;
        if end.events != events.chain.org_seq() {
            return Err(LineFault::OtherCount);
        }
        if !std::iter::once(ENVELOPE).chain(events.schemas.iter().map(String::as_str)).eq(&schemas) {
            return Err(LineFault::OtherSchemas);
        }
        if self.lines.next()?.is_some() {
            return Err(LineFault::AfterEnd);
        }
        events.nothing_missing(book)?;
        Ok(BundleReport {
            org_id: header.org_id,
            exported_at: header.exported_at,
            events: end.events,
            head: checkpoint.hash,
            unknown: events.unknown,
        })
    }

    fn schemas(&mut self) -> Result<Vec<String>, LineFault> {
        let mut names = Vec::new();
        while self.line.starts_with(r#"{"schema":"#) && names.len() < SCHEMAS_MAX {
            names.push(SchemaLine::name(&self.line).ok_or(LineFault::Not("a schema"))?);
            self.advance_from_other()?;
        }
        Ok(names)
    }

    fn advance(&mut self) -> Result<(), LineFault> {
        self.line = self.lines.next()?.ok_or(LineError::CutOff)?;
        Ok(())
    }

    fn advance_from_other(&mut self) -> Result<(), LineFault> {
        self.others.push((self.lines.number(), Digest::of(&self.line)));
        self.advance()
    }

    fn others_are(&mut self, signed: &[Digest]) -> Result<(), LineFault> {
        if self.others.len() != signed.len() {
            return Err(LineFault::OtherCount);
        }
        let changed = self.others.iter().zip(signed).find(|((_, digest), signed)| digest != *signed);
        self.blamed = changed.map(|((number, _), _)| *number);
        if self.blamed.is_some() { Err(LineFault::Changed) } else { Ok(()) }
    }
}
