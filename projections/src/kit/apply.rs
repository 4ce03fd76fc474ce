//! A batch of events, applied to a read model.

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::BoxFuture;
use sqlx::postgres::PgConnection;
use thiserror::Error;
use uuid::Uuid;
use xentri_ledger::{DatabaseError, WorkerTx};

use super::build::{Build, builder};
use super::event::LedgerEvent;
use super::fold::{Held, add_up, fold, read_back, touched};
use super::part::KeyPart;
use super::projection::{FoldError, Projection};
use super::row::{Column, Row};
use super::statements::Statements;
use super::store::{Key, load, store};
use super::sum::Sum;

/// A projection of whatever type.
pub trait ReadModel: Send + Sync + 'static {
    fn name(&self) -> &'static str;

    fn version(&self) -> i32;

    /// The columns of each table, whose name is without version and generation.
    fn columns(&self) -> Vec<(&'static str, &'static [Column])>;

    /// Without version and generation.
    fn tables(&self) -> Vec<&'static str> {
        self.columns().into_iter().map(|(table, _)| table).collect()
    }

    /// The rows that the event touches.
    fn keys(&self, event: &LedgerEvent) -> Vec<Uuid>;

    /// The types of stream whose events touch rows; all where it names none.
    fn streams(&self) -> &'static [&'static str] {
        &[]
    }

    /// The columns of its sums that are added up; none where it has no sums.
    fn added(&self) -> &'static [&'static str] {
        &[]
    }

    /// Makes rows and sums of a part in memory: for a rebuild, and for files.
    fn build(&self, part: KeyPart) -> Box<dyn Build>;

    /// Folds the events, in order, into one generation's rows and sums: a load and an upsert for each table, however many
    /// events. Says which it left out, because they can't be folded or touch a row of one that can't. The transaction has
    /// to name their orgs, and is of no more use after an error.
    fn fold_in_tx<'a>(
        &'a self,
        tx: &'a mut WorkerTx,
        generation: i32,
        events: &'a [&'a LedgerEvent],
    ) -> BoxFuture<'a, Result<Vec<Held>, DatabaseError>>;

    /// The same for whoever has nowhere to put an event that can't be folded.
    fn apply_in_tx<'a>(
        &'a self,
        tx: &'a mut WorkerTx,
        generation: i32,
        events: &'a [&'a LedgerEvent],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        Box::pin(async move {
            let held = self.fold_in_tx(tx, generation, events).await?;
            let first = held.into_iter().find_map(|held| Some((held.index, held.error?)));
            first.map_or(Ok(()), |(index, error)| Err(ApplyError::Fold { index, error }))
        })
    }
}

#[derive(Debug, Error)]
pub enum ApplyError {
    /// The event of that index.
    #[error("the event can't be folded: {error}")]
    Fold { index: usize, error: FoldError },
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The projection `P` as a [`ReadModel`].
#[derive(Debug)]
pub struct Model<P> {
    /// By generation.
    tables: RwLock<BTreeMap<i32, Arc<Tables>>>,
    projection: PhantomData<fn() -> P>,
}

/// The statements of one generation.
#[derive(Debug)]
struct Tables {
    rows: Statements,
    sums: Statements,
}

impl<P> Model<P> {
    pub const fn new() -> Self {
        Self { tables: RwLock::new(BTreeMap::new()), projection: PhantomData }
    }
}

impl<P: Projection> Model<P> {
    fn tables(&self, generation: i32) -> Arc<Tables> {
        let known = self.tables.read().unwrap_or_else(PoisonError::into_inner).get(&generation).cloned();
        known.unwrap_or_else(|| {
            let rows = Statements::of::<P::Row>(P::VERSION, generation);
            let sums = Statements::of::<P::Sum>(P::VERSION, generation);
            let tables = Arc::new(Tables { rows, sums });
            let mut all = self.tables.write().unwrap_or_else(PoisonError::into_inner);
            all.insert(generation, Arc::clone(&tables));
            tables
        })
    }
}

impl<P> Default for Model<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Projection> ReadModel for Model<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn version(&self) -> i32 {
        P::VERSION
    }

    fn columns(&self) -> Vec<(&'static str, &'static [Column])> {
        let tables = [(P::Row::TABLE, P::Row::COLUMNS), (P::Sum::TABLE, P::Sum::COLUMNS)];
        tables.into_iter().filter(|(table, _)| !table.is_empty()).collect()
    }

    fn keys(&self, event: &LedgerEvent) -> Vec<Uuid> {
        P::keys(event)
    }

    fn streams(&self) -> &'static [&'static str] {
        P::STREAMS
    }

    fn added(&self) -> &'static [&'static str] {
        P::Sum::ADDED
    }

    fn build(&self, part: KeyPart) -> Box<dyn Build> {
        builder::<P>(part)
    }

    fn fold_in_tx<'a>(
        &'a self,
        tx: &'a mut WorkerTx,
        generation: i32,
        events: &'a [&'a LedgerEvent],
    ) -> BoxFuture<'a, Result<Vec<Held>, DatabaseError>> {
        Box::pin(async move {
            let touched = touched::<P>(events);
            if touched.iter().all(Vec::is_empty) {
                return Ok(Vec::new());
            }
            let tables = self.tables(generation);
            let known = read_back::<P>(events, &touched);
            let before: HashMap<Key, P::Row> =
                load(tx.connection(), &tables.rows, known.iter().copied()).await?;
            let after = fold::<P>(&before, events, &touched);
            // What was not read back may be there, whatever it is.
            let changed: BTreeMap<Key, Option<&P::Row>> = after
                .rows
                .iter()
                .filter(|(key, row)| before.get(key) != row.as_ref() || known.binary_search(key).is_err())
                .map(|(key, row)| (*key, row.as_ref()))
                .collect();
            store(tx.connection(), &tables.rows, &changed).await?;
            let added = add_up::<P>(&before, &changed);
            store_sums(tx.connection(), &tables.sums, added).await?;
            Ok(after.held)
        })
    }
}

async fn store_sums<S: Sum>(
    connection: &mut PgConnection,
    statements: &Statements,
    mut added: BTreeMap<Key, S>,
) -> Result<(), DatabaseError> {
    if added.is_empty() {
        return Ok(());
    }
    let kept: HashMap<Key, S> = load(connection, statements, added.keys().copied()).await?;
    for (key, sum) in &mut added {
        kept.get(key).into_iter().for_each(|before| sum.add(before, 1));
    }
    let sums = added.iter().map(|(key, sum)| (*key, Some(sum).filter(|sum| !sum.is_nothing()))).collect();
    store(connection, statements, &sums).await
}
