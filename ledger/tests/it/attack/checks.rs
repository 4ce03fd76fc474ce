//! What must hold of a ledger after any attack, and how to wait for the moment of one.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};
use xentri_ledger::Shard;
use xentri_testkit::TestDb;

/// How many events are in the wrong place, by the rule that they break.
const BROKEN: &str = "
    with e as (
      select *, row_number() over shards as nth_position, row_number() over orgs as nth_seq,
             row_number() over streams as nth_version,
             lag(epoch, 1, 1) over shards as epoch_before,
             lag(recorded_at, 1, '-infinity') over shards as recorded_before,
             lag(hash, 1, decode(repeat('00', 32), 'hex')) over orgs as hash_before,
             count(*) over (partition by id) as copies
        from event
      window shards as (partition by shard order by position), orgs as (partition by org_id order by org_seq),
             streams as (partition by org_id, stream_type, stream_id order by version)
    )
    select count(*) filter (where position <> nth_position), count(*) filter (where org_seq <> nth_seq),
           count(*) filter (where version <> nth_version), count(*) filter (where recorded_at < recorded_before),
           count(*) filter (where epoch < epoch_before), count(*) filter (where copies > 1),
           count(*) filter (where hash <> sha256(hash_before || int8send(epoch) || int8send(org_seq)
             || int8send((extract(epoch from recorded_at) * 1000000)::bigint) || sha256(body::bytea)))
      from e";

/// Positions of each shard, sequences of each org and versions of each stream are gapless from 1, time and epochs
/// never go back, no event is there twice, and every hash follows from the one before.
pub(crate) async fn assert_sound(admin: &mut PgConnection) {
    let broken: (i64, i64, i64, i64, i64, i64, i64) = sqlx::query_as(BROKEN).fetch_one(admin).await.unwrap();
    assert_eq!(
        broken,
        (0, 0, 0, 0, 0, 0, 0),
        "broken positions, org sequences, versions, times, epochs, ids, hashes"
    );
}

/// A shard's lock, held by a superuser, whom no ledger can end: whatever is appended meanwhile waits.
pub(crate) struct HeldShard(PgConnection);

impl HeldShard {
    pub(crate) async fn take(db: &TestDb, shard: Shard) -> Self {
        let mut admin = db.connect_as_admin().await;
        let lock = sqlx::query("select pg_advisory_lock(1480937044, $1)").bind(shard.number());
        admin.execute(lock).await.unwrap();
        Self(admin)
    }

    /// Returns when so many calls wait for a shard's lock.
    pub(crate) async fn waited_for_by(&mut self, calls: i64) {
        let waiting = "select count(*) from pg_locks where locktype = 'advisory' and classid = 1480937044 and not granted \
                       and database = (select oid from pg_database where datname = current_database())";
        until("calls wait for the lock", async || {
            sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut self.0).await.unwrap() == calls
        })
        .await;
    }

    pub(crate) async fn release(self) {
        self.0.close().await.unwrap();
    }
}

/// Returns as soon as it holds; panics if it never does.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let held = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    assert!(held.is_ok(), "never came true: {what}");
}
