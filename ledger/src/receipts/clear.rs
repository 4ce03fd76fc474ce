//! Clearing old receipts, some blocks of the table at a time: no transaction is long, and nothing has to be remembered,
//! for whoever is interrupted begins again at the first block and finds little there.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use xentri_domain::kernel::Timestamp;

use crate::database::{Database, DatabaseError, Databases, Moment, WorkerTx};
use crate::shard::Shard;

/// For how long a command may come again with its key.
pub const RECEIPTS_KEPT: Duration = Duration::from_hours(7 * 24);

/// Of one transaction: half a megabyte.
const BLOCKS: i64 = 64;

/// How far a clearing has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clearing {
    /// Of the database.
    pub blocks: u64,
    /// Those that have been looked through.
    pub done: u64,
    pub removed: u64,
}

const TABLE_BLOCKS: &str = "select pg_relation_size('receipt') / current_setting('block_size')::bigint";

/// Walks the blocks themselves: no index has the moments.
const CLEAR: &str = "delete from receipt \
     where ctid >= format('(%s,0)', $1::bigint)::tid and ctid < format('(%s,0)', $2::bigint)::tid \
       and recorded_at < $3";

/// Removes the receipts recorded before that moment, in the database that keeps the shard and with it those of all its shards;
/// tells `progress` after each transaction.
pub async fn clear_receipts(
    databases: &Databases,
    shard: Shard,
    before: Timestamp,
    mut progress: impl FnMut(Clearing),
) -> Result<Clearing, DatabaseError> {
    let database = databases.of(shard)?;
    let size = in_tx(database, async |connection| {
        sqlx::query_scalar::<_, i64>(TABLE_BLOCKS).fetch_one(connection).await
    })
    .await?;
    let count = |blocks: i64| u64::try_from(blocks).unwrap_or_default();
    let mut clearing = Clearing { blocks: count(size), ..Clearing::default() };
    let mut first = 0;
    while first < size {
        clearing.removed += clear(database, first, before).await?;
        clearing.done += count(BLOCKS.min(size - first));
        first += BLOCKS;
        progress(clearing);
    }
    Ok(clearing)
}

async fn clear(database: &Database, first: i64, before: Timestamp) -> Result<u64, DatabaseError> {
    let deleted = in_tx(database, async |connection| {
        sqlx::query(CLEAR).bind(first).bind(first + BLOCKS).bind(Moment(before)).execute(connection).await
    });
    Ok(deleted.await?.rows_affected())
}

async fn in_tx<T>(
    database: &Database,
    work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
) -> Result<T, DatabaseError> {
    let mut tx = WorkerTx::begin_on(database, &[]).await?;
    let answer = work(tx.connection()).await?;
    tx.commit().await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Executor};
    use xentri_testkit::TestDb;

    use super::CLEAR;

    const MANY: &str = "
        insert into receipt (shard, org_id, actor, key, mac, answer, epoch, recorded_at)
        select 0, lpad((n % 200)::text, 32, '0')::uuid, 'user:ada', n, sha256('mac'), '{}', 1, now()
        from generate_series(1, 50000) n";

    #[tokio::test]
    async fn only_the_blocks_at_hand_are_read_whatever_postgres_plans_for() {
        let db = TestDb::new().await;
        let mut admin = db.connect_as_admin().await;
        admin.execute(MANY).await.unwrap();
        admin.execute("vacuum analyze receipt").await.unwrap();
        let mut server = db.connect_as_server().await;
        for mode in ["force_custom_plan", "force_generic_plan"] {
            let begin = format!(
                "begin; set local role xentri_worker; set local plan_cache_mode = {mode}; \
                 prepare clear (bigint, bigint, timestamptz) as {CLEAR}"
            );
            server.execute(AssertSqlSafe(begin)).await.unwrap();
            let explain = "explain (costs off) execute clear(64, 128, '2026-01-01')";
            let lines: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut server).await.unwrap();
            let plan = lines.join("\n");
            assert!(
                plan.contains("Tid Range Scan on receipt") && !plan.contains("Seq Scan"),
                "{mode}: {plan}"
            );
            server.execute("rollback; deallocate clear").await.unwrap();
        }
    }
}
