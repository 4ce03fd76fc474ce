//! Rows that differ, column by column.

use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;
use uuid::Uuid;
use xentri_ledger::Databases;

use super::super::RebuildError;
use super::chunks::{Bounds, Chunk};
use super::report::{ColumnDifference, RowDifference};

/// The first of a chunk, where both are of the same version. What has become equal since it was counted is not among them.
pub(super) async fn differing(
    databases: &Databases,
    chunk: &Chunk<'_>,
    bounds: Bounds,
    most: usize,
) -> Result<Vec<RowDifference>, RebuildError> {
    if !chunk.compared.is_strict() {
        return Ok(Vec::new());
    }
    let query = format!(
        "select coalesce(o.org_id, n.org_id), coalesce(o.id, n.id), to_jsonb(o)::text, to_jsonb(n)::text from {} \
         where {} and {} order by 1, 2 limit $6",
        chunk.compared.joined(),
        chunk.compared.differs(),
        chunk.compared.together()
    );
    let mut tx = chunk.begin(databases).await?;
    let found: Vec<(Uuid, Uuid, Option<String>, Option<String>)> = sqlx::query_as(AssertSqlSafe(query))
        .bind(bounds.after.0)
        .bind(bounds.after.1)
        .bind(bounds.up_to.0)
        .bind(bounds.up_to.1)
        .bind(chunk.shard.number())
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(tx.connection())
        .await?;
    tx.commit().await?;
    let row = |(org, id, old, new): (Uuid, Uuid, Option<String>, Option<String>)| {
        let (old, new) = (object(old.as_deref()), object(new.as_deref()));
        let columns = chunk.compared.columns.iter().filter_map(|column| {
            let of = |side: &Option<Map<String, Value>>| {
                side.as_ref().and_then(|all| all.get(column.name)).cloned()
            };
            let (old, new) = (of(&old), of(&new));
            (old != new).then(|| ColumnDifference {
                name: column.name.to_owned(),
                personal: column.personal,
                old,
                new,
            })
        });
        RowDifference { shard: chunk.shard, org, id, columns: columns.collect(), events: Vec::new() }
    };
    Ok(found.into_iter().map(row).collect())
}

fn object(text: Option<&str>) -> Option<Map<String, Value>> {
    match serde_json::from_str(text?) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}
