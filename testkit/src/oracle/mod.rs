//! An oracle: what every read model has to show, folded from the whole ledger by code that has nothing in common with theirs.
//!
//! It goes by what the business means. An event is plain JSON here, and a row is too. [`differences`] is all that a test of a
//! running system needs, whatever became of its processes:
//!
//! ```text
//! let agreement = xentri_testkit::oracle::differences(admin_url, master_key).await.unwrap_or_else(|error| panic!("{error}"));
//! println!("{agreement}");
//! ```
//!
//! `admin_url` is a superuser's, of a database that is migrated; `master_key` is what `XENTRI_MASTER_KEY` holds, or what
//! stands in the file of master keys. Read models follow the ledger: whoever has just given a command asks again until they have come there.
//! Not here: whether the ledger is what it should be, which `xentri audit verify` says.

mod agreement;
mod audit;
mod brief;
mod compare;
mod event;
mod invoice;
mod invoice_sums;
mod keys;
mod lead;
mod ledger;
mod org;
mod page;
mod pulse;
mod site;
mod standing;
mod table;
mod time;

use sqlx::{Connection, Executor, PgConnection};

use compare::Generation;
use event::Event;
use keys::Keys;
use ledger::Heads;
use table::Table;

pub use agreement::{Agreement, Disagreement};

/// Compares every row of every live read model with what the ledger says, in one snapshot of the database. Disagrees too where
/// a checkpoint is not at the head of its shard, where an event is parked, and where there is a table that is not known here.
pub async fn differences(admin_url: &str, master_key: &str) -> Result<Agreement, Disagreement> {
    let mut connection = snapshot(admin_url).await?;
    let oracle = Oracle::of(&mut connection, master_key).await?;
    oracle.compare(&mut connection).await
}

/// What the rows have to be. For tests that make them of one ledger in many ways: it folds once.
pub struct Oracle {
    events: usize,
    heads: Heads,
    tables: Vec<Table>,
}

impl Oracle {
    /// Folds the ledger as it is now.
    pub async fn read(admin_url: &str, master_key: &str) -> Result<Self, Disagreement> {
        Self::of(&mut snapshot(admin_url).await?, master_key).await
    }

    /// The rows that there are now, in this database or another with the same ledger, beside those that there should be.
    pub async fn agrees(&self, admin_url: &str) -> Result<Agreement, Disagreement> {
        self.compare(&mut snapshot(admin_url).await?).await
    }

    async fn of(connection: &mut PgConnection, master_key: &str) -> Result<Self, Disagreement> {
        let keys = Keys::read(connection, master_key).await?;
        let (mut folds, mut events) = (folds(), 0);
        let take = |event: &Event| {
            events += 1;
            for fold in &mut folds {
                fold.take(event);
            }
        };
        let heads = ledger::read(connection, &keys, take).await?;
        Ok(Self { events, heads, tables: folds.into_iter().flat_map(Fold::tables).collect() })
    }

    async fn compare(&self, connection: &mut PgConnection) -> Result<Agreement, Disagreement> {
        let mut report = Disagreement::default();
        report.compared.events = self.events;
        let live = Generation::live(connection).await?;
        for generation in &live {
            generation.compare_checkpoints(connection, &self.heads, &mut report).await?;
            generation.compare_parked(connection, &mut report).await?;
            for name in generation.tables(connection).await? {
                match self.tables.iter().find(|table| table.name == name) {
                    Some(table) => generation.compare(connection, table, &mut report).await?,
                    None => report.differences.push(format!("{name} is no table that the oracle knows")),
                }
            }
        }
        for table in &self.tables {
            if !live.iter().any(|generation| generation.projection == table.projection) {
                report.differences.push(format!("{} has no live generation", table.name));
            }
        }
        if report.differences.is_empty() { Ok(report.compared) } else { Err(report) }
    }
}

/// Nothing that happens meanwhile shows.
async fn snapshot(admin_url: &str) -> Result<PgConnection, sqlx::Error> {
    let mut connection = PgConnection::connect(admin_url).await?;
    connection.execute("begin isolation level repeatable read read only").await?;
    Ok(connection)
}

/// A read model, told one event after the other.
trait Fold {
    fn take(&mut self, event: &Event);

    fn tables(self: Box<Self>) -> Vec<Table>;
}

fn folds() -> Vec<Box<dyn Fold>> {
    vec![
        Box::<audit::Audit>::default(),
        Box::<brief::Briefs>::default(),
        Box::<invoice::Invoices>::default(),
        Box::<lead::Leads>::default(),
        Box::<org::Orgs>::default(),
        Box::<page::Pages>::default(),
        Box::<pulse::Dismissals>::default(),
        Box::<pulse::Pulse>::default(),
        Box::<site::Sites>::default(),
    ]
}
