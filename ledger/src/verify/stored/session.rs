//! A connection that reads the ledger of all orgs, to verify it.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow, Postgres};
use sqlx::query::Query;
use sqlx::{Connection as _, Executor as _};
use tokio::sync::mpsc::Sender;

use crate::database::{Database, DatabaseError, copied};

/// Rows as they came, which are not parsed where they are received.
pub(super) type Chunk = Vec<Bytes>;

/// Handed on together: little enough to keep few of them in memory, enough to wake another thread for.
const CHUNK: usize = 256 * 1024;

/// Pages follow an index and nothing else: while a young table lacks statistics, sorting what is left of it for every
/// page looks cheaper. A page takes as long as whoever takes it: what an export is written to may pause, and its kernel
/// then takes nothing from ours.
const SETTINGS: &str = "set role xentri_auditor; set default_transaction_read_only = on; \
     set statement_timeout = 0; set tcp_user_timeout = 0; \
     set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off";

/// Its own connection and none of the pool's: what is left of a COPY that was given up would be read by whoever uses
/// the connection next. Each statement is a transaction of its own, so that no snapshot is held for long.
pub(super) struct AuditSession {
    options: PgConnectOptions,
    /// Taken out while a statement runs.
    connection: Option<PgConnection>,
}

/// How a COPY ended.
#[derive(Debug)]
pub(super) enum Copied {
    /// So many rows, and the last of them.
    Whole(u64, Option<Bytes>),
    /// Whoever takes the rows wants no more.
    Stopped,
}

impl AuditSession {
    /// Connects when it is used.
    pub(super) fn of(database: &Database) -> Self {
        let options = database.append.clone().application_name("xentri audit");
        Self { options, connection: None }
    }

    pub(super) async fn take(&mut self) -> Result<PgConnection, DatabaseError> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let mut connection = PgConnection::connect_with(&self.options).await?;
        connection.execute(SETTINGS).await?;
        Ok(connection)
    }

    pub(super) async fn rows(
        &mut self,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, DatabaseError> {
        let mut connection = self.take().await?;
        let rows = query.fetch_all(&mut connection).await?;
        self.connection = Some(connection);
        Ok(rows)
    }

    /// Runs a query whose columns are [`super::copied::COLUMNS`].
    pub(super) async fn copy(&mut self, query: &str, out: &Sender<Chunk>) -> Result<Copied, DatabaseError> {
        let mut connection = self.take().await?;
        let mut messages =
            connection.copy_out_raw(&format!("copy ({query}) to stdout (format binary)")).await?;
        let (mut count, mut last, mut chunk, mut bytes) = (0, None, Chunk::new(), 0);
        while let Some(message) = messages.try_next().await? {
            let Some(row) = copied::row(message) else { continue };
            count += 1;
            bytes += row.len();
            last = Some(row.clone());
            chunk.push(row);
            if bytes >= CHUNK {
                let full = std::mem::replace(&mut chunk, Vec::with_capacity(512));
                bytes = 0;
                if out.send(full).await.is_err() {
                    return Ok(Copied::Stopped);
                }
            }
        }
        drop(messages);
        self.connection = Some(connection);
        if !chunk.is_empty() && out.send(chunk).await.is_err() {
            return Ok(Copied::Stopped);
        }
        Ok(Copied::Whole(count, last))
    }
}
