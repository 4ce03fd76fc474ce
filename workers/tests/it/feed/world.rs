//! A ledger and somebody who writes one shard of it.

use std::sync::Arc;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;
use xentri_domain::kernel::OrgId;
use xentri_ledger::{
    DatabaseSettings, Databases, PageLimit, Shard, ShardMap, StoredEvent, WorkerTx, read_shard_in_tx,
};
use xentri_testkit::{TestDb, factory};
use xentri_workers::feed::{Heads, LedgerFeed, LedgerFeedSettings, Place};

pub(crate) const SHARD: Shard = Shard::new(3);

pub(crate) struct World {
    pub(crate) db: Arc<TestDb>,
    pub(crate) databases: Databases,
    pub(crate) heads: Heads,
}

/// Appends as the ledger does, one statement for a batch.
pub(crate) struct Writer {
    connection: PgConnection,
    org: OrgId,
    stream: Uuid,
    pub(crate) last: Place,
    /// Of what each event's note is as long.
    pub(crate) length: usize,
}

impl World {
    pub(crate) async fn new() -> Self {
        let db = Arc::new(TestDb::new().await);
        let databases = databases(&db.server_url());
        let heads = Heads::watch(&databases);
        Self { db, databases, heads }
    }

    pub(crate) async fn writer(&self) -> Writer {
        Writer::new(self.db.connect_as_admin().await)
    }

    pub(crate) fn ledger_feed(&self, after: Place) -> LedgerFeed {
        self.ledger_feed_with(after, LedgerFeedSettings::default())
    }

    pub(crate) fn ledger_feed_with(&self, after: Place, settings: LedgerFeedSettings) -> LedgerFeed {
        LedgerFeed::open(&self.databases, SHARD, after, &self.heads, settings)
    }

    /// All that the ledger has, in order.
    pub(crate) async fn events(&self) -> Vec<StoredEvent> {
        let mut all = Vec::new();
        let mut tx = WorkerTx::begin(&self.databases, SHARD, &[]).await.unwrap();
        let limit = PageLimit { events: 5000, bytes: u32::MAX >> 1 };
        loop {
            let page = read_shard_in_tx(&mut tx, SHARD, all.len() as u64, None, limit).await.unwrap();
            all.extend(page.events);
            if !page.more {
                return all;
            }
        }
    }

    /// What a restore to that position leaves, in a new epoch.
    pub(crate) async fn restore(&self, writer: &mut Writer, position: u64) {
        let connection = &mut writer.connection;
        let all: &str = "alter table event disable trigger event_never_changes; \
             delete from event where position > POSITION; \
             alter table event enable always trigger event_never_changes; \
             insert into ledger_epoch (epoch, shard, start) \
             select coalesce(max(epoch), 1) + 1, 3, POSITION from ledger_epoch";
        let all = all.replace("POSITION", &position.to_string());
        connection.execute(AssertSqlSafe(all)).await.unwrap();
        writer.last = Place { epoch: writer.last.epoch + 1, position };
    }
}

pub(crate) fn databases(url: &str) -> Databases {
    Databases::new(ShardMap::single(url), &DatabaseSettings::default()).unwrap()
}

impl Writer {
    pub(crate) fn new(connection: PgConnection) -> Self {
        let last = Place { epoch: 1, position: 0 };
        Self { connection, org: factory::org(), stream: Uuid::now_v7(), last, length: 20 }
    }

    /// Commits so many events in one transaction.
    pub(crate) async fn append(&mut self, events: u64) {
        let first = self.last.position + 1;
        self.last.position += events;
        let positions = first..=self.last.position;
        let ids: Vec<Uuid> = positions.clone().map(|_| Uuid::now_v7()).collect();
        let bodies: Vec<String> =
            positions.clone().zip(&ids).map(|(position, id)| self.body(*id, position)).collect();
        let positions: Vec<i64> = positions.map(|position| i64::try_from(position).unwrap()).collect();
        let insert = "insert into event (position, org_seq, recorded_at, shard, epoch, version, org_id, id, \
                stream_id, stream_type, type, hash, body) \
             select e.position, e.position, clock_timestamp(), $4, $5, e.position::int, $6, e.id, $7, \
                'lead', 'xentri.lead.note_added.v1', sha256(e.body::bytea), e.body \
             from unnest($1::bigint[], $2::uuid[], $3::text[]) e(position, id, body)";
        sqlx::query(insert)
            .bind(positions)
            .bind(ids)
            .bind(bodies)
            .bind(SHARD.number())
            .bind(i32::try_from(self.last.epoch).unwrap())
            .bind(self.org.uuid())
            .bind(self.stream)
            .execute(&mut self.connection)
            .await
            .unwrap();
    }

    fn body(&self, id: Uuid, version: u64) -> String {
        let Self { org, stream, .. } = self;
        let note = "x".repeat(self.length);
        format!(
            r#"{{"id":"{id}","type":"xentri.lead.note_added.v1","occurred_at":"2026-01-31T09:30:00.000000Z","org_id":"{org}","actor":{{"type":"user","id":"9d2a7c1e-5f80-5b6e-8a3c-64d1f0b7e2a9"}},"envelope_version":"1.0","payload_schema":"lead.note_added@1.0","payload":{{"note":"{note}"}},"meta":{{"source":"api","environment":"local","command":"lead.add-note"}},"stream":{{"type":"lead","id":"{stream}","version":{version}}}}}"#
        )
    }
}
