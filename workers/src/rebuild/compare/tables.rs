//! Two copies of a table, counted against each other.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _};
use xentri_ledger::Databases;
use xentri_projections::kit::Column;

use super::super::RebuildError;
use super::super::job::Job;
use super::chunks::{Bounds, Chunk};
use crate::runtime::MemberId;

/// A table of the new generation and the one that readers see.
pub(super) struct Compared {
    pub(super) name: &'static str,
    pub(super) new: MemberId,
    pub(super) base: MemberId,
    pub(super) new_table: String,
    pub(super) old_table: String,
    pub(super) columns: &'static [Column],
    /// Those that both have, where they are of different versions.
    common: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) old: u64,
    pub(super) new: u64,
    pub(super) only_old: u64,
    pub(super) only_new: u64,
    pub(super) changed: u64,
    pub(super) columns: BTreeMap<String, u64>,
}

impl Counts {
    pub(super) fn differ(&self) -> bool {
        self.only_old + self.only_new + self.changed > 0
    }
}

impl Compared {
    /// Whether both have to be the same.
    pub(super) fn is_strict(&self) -> bool {
        self.new.version == self.base.version
    }

    /// Both sides within the bounds `$1` to `$4`, joined by their keys.
    pub(super) fn joined(&self) -> String {
        let side = |table: &str| {
            format!(
                "(select t.* from {table} t where (t.org_id, t.id) > ($1, $2) and (t.org_id, t.id) <= ($3, $4))"
            )
        };
        format!(
            "{} o full join {} n on o.org_id = n.org_id and o.id = n.id",
            side(&self.old_table),
            side(&self.new_table)
        )
    }

    /// Whether what stands in the joined row is not the same on both sides.
    pub(super) fn differs(&self) -> String {
        if self.is_strict() {
            return "o is distinct from n".to_owned();
        }
        let different = |name: &String| format!("to_jsonb(o.{name}) is distinct from to_jsonb(n.{name})");
        let columns: Vec<_> = self.common.iter().map(different).collect();
        if columns.is_empty() { "false".to_owned() } else { format!("({})", columns.join(" or ")) }
    }

    /// True in a moment in which both stand at the same place of the shard `$5`.
    pub(super) fn together(&self) -> String {
        if !self.is_strict() {
            return "$5::int is not null".to_owned();
        }
        let at = |id: &MemberId| {
            format!(
                "(select row(c.epoch, c.position) from projection_checkpoint c where c.projection = '{}' \
                   and c.version = {} and c.generation = {} and c.shard = $5)",
                id.projection, id.version, id.generation
            )
        };
        format!("{} = {}", at(&self.new), at(&self.base))
    }
}

/// Tables that both have, by their names.
pub(super) async fn of_both_in_tx(
    connection: &mut PgConnection,
    job: &Job,
    base: &MemberId,
) -> Result<Vec<Compared>, RebuildError> {
    let mut all = Vec::new();
    for (name, columns) in job.model.columns() {
        let old_table = format!("read.{name}_v{}_g{}", base.version, base.generation);
        let query = "select attname::text from pg_attribute \
                     where attrelid = to_regclass($1) and attnum > 0 and not attisdropped";
        let of_old: Vec<String> =
            sqlx::query_scalar(query).bind(&old_table).fetch_all(&mut *connection).await?;
        if of_old.is_empty() {
            continue;
        }
        let ours = |name: &String| columns.iter().any(|column| column.name == name);
        all.push(Compared {
            name,
            new: job.id.clone(),
            base: base.clone(),
            new_table: job.table(name, job.id.generation),
            old_table,
            columns,
            common: of_old.into_iter().filter(ours).collect(),
        });
    }
    Ok(all)
}

/// None when they do not stand at the same place.
pub(super) async fn count(
    databases: &Databases,
    chunk: &Chunk<'_>,
    bounds: Bounds,
) -> Result<Option<Counts>, RebuildError> {
    let compared = chunk.compared;
    let by_column = if compared.is_strict() {
        "null".to_owned()
    } else {
        let of = |name: &String| {
            format!(
                "'{name}', count(*) filter (where to_jsonb(o.{name}) is distinct from to_jsonb(n.{name}) \
                     and o.id is not null and n.id is not null)"
            )
        };
        format!("json_build_object({})::text", compared.common.iter().map(of).collect::<Vec<_>>().join(", "))
    };
    let query = format!(
        "select {}, count(o.id), count(n.id), count(*) filter (where n.id is null), count(*) filter (where o.id is null), \
                count(*) filter (where o.id is not null and n.id is not null and {}), {by_column} from {}",
        compared.together(),
        compared.differs(),
        compared.joined()
    );
    let mut tx = chunk.begin(databases).await?;
    let row = sqlx::query(AssertSqlSafe(query))
        .bind(bounds.after.0)
        .bind(bounds.after.1)
        .bind(bounds.up_to.0)
        .bind(bounds.up_to.1)
        .bind(chunk.shard.number())
        .fetch_one(tx.connection())
        .await?;
    tx.commit().await?;
    if row.try_get::<Option<bool>, _>(0)? != Some(true) {
        return Ok(None);
    }
    let number = |column: usize| {
        Ok::<_, sqlx::Error>(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
    };
    let columns: Option<String> = row.try_get(6)?;
    Ok(Some(Counts {
        old: number(1)?,
        new: number(2)?,
        only_old: number(3)?,
        only_new: number(4)?,
        changed: number(5)?,
        columns: columns.map(|text| of_json(&text)).unwrap_or_default(),
    }))
}

fn of_json(text: &str) -> BTreeMap<String, u64> {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return BTreeMap::new() };
    fields.into_iter().filter_map(|(name, rows)| Some((name, rows.as_u64()?))).collect()
}
