//! A read model made of the ledger's events anew, up to a moment, beside everything that runs: for whoever wants it as it was, in a
//! file.
//!
//! It reads the ledger page by page and touches no table of a read model. What does not fit into memory at once is made part by
//! part and waits on the disk. Not here: how a file looks (the binary writes it), and new generations of the tables themselves.

mod cells;
mod error;
mod folding;
mod made;
mod reading;
mod spool;
mod wanted;

use xentri_ledger::Ledger;
use xentri_projections::kit::{KeyPart, ReadModel};

pub use error::ReplayError;
pub use folding::Held;
pub use made::MadeTable;
pub use reading::Last;
pub use wanted::{Until, Wanted, Whose};

use folding::Folding;
use reading::{Range, ranges, read};

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Events that were looked at.
    pub events: u64,
    /// As many as there are to look at, as far as is known: what is made in parts looks at them more than once.
    pub of: u64,
}

/// What was made.
pub struct Replayed {
    /// The rows, and then the sums of them where there are any.
    pub tables: Vec<MadeTable>,
    /// Events that count.
    pub events: u64,
    /// Of those, the ones that somebody has discarded.
    pub discarded: u64,
    /// In the order of their orgs.
    pub held: Vec<Held>,
    /// Of several shards, the one that was recorded last.
    pub last: Option<Last>,
}

/// Folds what is wanted, as the ledger is when it begins.
pub async fn replay(
    ledger: &Ledger,
    model: &dyn ReadModel,
    wanted: Wanted,
    see: &mut (dyn FnMut(Progress) + Send),
) -> Result<Replayed, ReplayError> {
    let ranges = ranges(ledger, wanted).await?;
    let of = ranges.iter().map(Range::events).sum();
    let mut progress = Progress { events: 0, of };
    let mut folding = Folding::begin(ledger, model, wanted.memory).await?;
    let mut parts = vec![KeyPart::WHOLE];
    let mut events = 0;
    while let Some(part) = parts.pop() {
        folding.begin_part(part);
        events = 0;
        let mut reading = read(ledger, model.streams(), wanted, &ranges);
        while let Some(page) = reading.next().await? {
            (events, progress.events) = (events + page.read, progress.events + page.read);
            folding.take(&page)?;
            see(progress);
        }
        let others = folding.end_part()?;
        progress.of += of * others.len() as u64;
        parts.extend(others);
    }
    Ok(folding.end(events))
}
