//! A stretch of a shard as fast as it can be had, for whoever makes something of everything there is: by COPY, in pages, each
//! a transaction of its own.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Executor as _};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::Sender;
use xentri_domain::kernel::Timestamp;
use xentri_domain::registry::event_kinds;

use crate::database::copied::{self, Fields};
use crate::database::{DatabaseError, Databases};
use crate::shard::Shard;

const COLUMNS: i16 = 5;

/// Handed on together: little enough to keep some of them in memory, enough to open what is personal in them at once.
const PART: usize = 1 << 20;

/// Pages follow the key and nothing else; a page takes as long as whoever takes it.
const SETTINGS: &str = "set role xentri_worker; set default_transaction_read_only = on; \
     set statement_timeout = 0; set tcp_user_timeout = 0; \
     set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off";

/// Connections to one database, at which scans of its shards take turns. Few: with each, Postgres maps all of its buffers anew,
/// and one alone reads faster than anybody takes what it reads.
///
/// None of the pool's, for what is left of a COPY that was given up would be read by whoever uses the connection next.
#[derive(Clone)]
pub struct ScanConnections(Arc<Inner>);

struct Inner {
    options: PgConnectOptions,
    turns: Semaphore,
    free: Mutex<Vec<PgConnection>>,
}

pub struct ShardScan {
    connections: ScanConnections,
    shard: Shard,
    /// The bodies that are not wanted, as a condition.
    without: String,
}

/// Some events, one after the other, as they came.
#[derive(Debug)]
pub struct ScannedPart(Vec<Bytes>);

/// An event as far as a fold needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedEvent<'a> {
    pub shard: Shard,
    pub epoch: u64,
    pub position: u64,
    pub org_seq: u64,
    pub recorded_at: Timestamp,
    /// None where it is of a stream that is not wanted, and of a type that this program knows.
    pub body: Option<&'a str>,
}

impl ScanConnections {
    /// To the database of a shard. Connects when they are used.
    pub fn new(databases: &Databases, shard: Shard, most: usize) -> Result<Self, DatabaseError> {
        let options = databases.of(shard)?.append.clone().application_name("xentri scan");
        Ok(Self(Arc::new(Inner { options, turns: Semaphore::new(most), free: Mutex::default() })))
    }

    /// Gives it back only when all was read that was asked for.
    async fn take(&self) -> Result<PgConnection, DatabaseError> {
        if let Some(connection) = self.free().pop() {
            return Ok(connection);
        }
        let mut connection = PgConnection::connect_with(&self.0.options).await?;
        connection.execute(SETTINGS).await?;
        Ok(connection)
    }

    fn free(&self) -> MutexGuard<'_, Vec<PgConnection>> {
        self.0.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ShardScan {
    /// `streams`: the types of stream that are wanted, all where it names none. What this program does not know comes too, for
    /// whoever must not pass over it.
    pub fn of(connections: &ScanConnections, shard: Shard, streams: &[&str]) -> Self {
        let passed_over = event_kinds()
            .filter(|kind| !streams.is_empty() && !streams.contains(&kind.stream_type))
            .map(|kind| format!("'{}'", kind.type_name));
        let passed_over = passed_over.collect::<Vec<_>>().join(", ");
        let without =
            if passed_over.is_empty() { "false".to_owned() } else { format!("type in ({passed_over})") };
        Self { connections: connections.clone(), shard, without }
    }

    /// Sends the events of these positions, in their order. False when nobody wants them any more.
    pub async fn page(
        &self,
        positions: Range<u64>,
        out: &Sender<ScannedPart>,
    ) -> Result<bool, DatabaseError> {
        let (shard, without) = (self.shard, &self.without);
        let query = format!(
            "copy (select position, epoch, org_seq, recorded_at, case when {without} then null else body end from event \
             where shard = {shard} and position >= {} and position < {} order by position) to stdout (format binary)",
            positions.start, positions.end
        );
        // It is never closed.
        let turn = self.connections.0.turns.acquire().await.ok();
        let mut connection = self.connections.take().await?;
        let mut messages = connection.copy_out_raw(&query).await?;
        let (mut part, mut bytes) = (Vec::new(), 0);
        while let Some(message) = messages.try_next().await? {
            let Some(row) = copied::row(message) else { continue };
            bytes += row.len();
            part.push(row);
            if bytes >= PART {
                bytes = 0;
                if out.send(ScannedPart(std::mem::take(&mut part))).await.is_err() {
                    return Ok(false);
                }
            }
        }
        drop(messages);
        self.connections.free().push(connection);
        drop(turn);
        Ok(part.is_empty() || out.send(ScannedPart(part)).await.is_ok())
    }
}

impl ScannedPart {
    /// How many.
    pub fn events(&self) -> usize {
        self.0.len()
    }

    pub fn iter(&self, shard: Shard) -> impl Iterator<Item = Result<ScannedEvent<'_>, DatabaseError>> {
        self.0.iter().map(move |row| {
            parse(shard, row).ok_or_else(|| DatabaseError::Failed {
                code: "none".to_owned(),
                message: "a row of table event can't be read: its columns are not those of this release"
                    .to_owned(),
            })
        })
    }
}

fn parse(shard: Shard, row: &[u8]) -> Option<ScannedEvent<'_>> {
    let mut fields = Fields::of(row, COLUMNS)?;
    Some(ScannedEvent {
        shard,
        position: fields.big()?.try_into().ok()?,
        epoch: fields.int()?.try_into().ok()?,
        org_seq: fields.big()?.try_into().ok()?,
        recorded_at: Timestamp::from_micros(fields.moment()?).ok()?,
        body: if fields.null() { None } else { Some(fields.text()?) },
    })
}
