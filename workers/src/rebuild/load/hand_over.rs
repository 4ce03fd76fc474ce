//! A shard that is left to the workers: they take it from its first event on, with all that they do about single events.

use sqlx::postgres::PgConnection;
use uuid::Uuid;
use xentri_ledger::{DatabaseError, Databases, Shard, WorkerTx};

use super::super::RebuildError;
use super::super::book::begin_anew_in_tx;
use super::super::job::Job;
use super::super::orgs::orgs_in_tx;

/// Named at once.
const ORGS: i64 = 500;

/// Takes everything back that was loaded of the shard.
pub(in super::super) async fn hand_over(
    databases: &Databases,
    job: &Job,
    shard: Shard,
) -> Result<(), RebuildError> {
    let mut tx = WorkerTx::begin(databases, shard, &[]).await?;
    let connection = tx.connection();
    sqlx::query("select set_config('statement_timeout', '0', true)").execute(&mut *connection).await?;
    let mut after = None;
    loop {
        let orgs = orgs_in_tx(connection, shard, after, ORGS).await?;
        let Some(last) = orgs.last() else { break };
        after = Some(*last);
        let orgs: Vec<Uuid> = orgs.iter().map(|org| org.uuid()).collect();
        empty_in_tx(connection, job, shard, &orgs).await?;
    }
    begin_anew_in_tx(connection, &job.id, shard).await?;
    tx.commit().await?;
    Ok(())
}

async fn empty_in_tx(
    connection: &mut PgConnection,
    job: &Job,
    shard: Shard,
    orgs: &[Uuid],
) -> Result<(), DatabaseError> {
    let names: Vec<_> = orgs.iter().map(Uuid::to_string).collect();
    let name = sqlx::query("select set_config('app.current_org_ids', $1, true)").bind(names.join(","));
    name.execute(&mut *connection).await?;
    for table in job.model.tables() {
        let table = job.table(table, job.id.generation);
        let delete = sqlx::AssertSqlSafe(format!("delete from {table} where org_id = any($1)"));
        sqlx::query(delete).bind(orgs).execute(&mut *connection).await?;
    }
    let delete = "delete from parked_event where projection = $1 and version = $2 and generation = $3 \
                  and shard = $4 and org_id = any($5)";
    sqlx::query(delete)
        .bind(&job.id.projection)
        .bind(job.id.version)
        .bind(job.id.generation)
        .bind(shard.number())
        .bind(orgs)
        .execute(connection)
        .await?;
    Ok(())
}
