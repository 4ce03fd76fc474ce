//! The statements of a table: one for many rows, and each row a probe of the primary key.
//! Those of readers are made in `page`.

use std::sync::Arc;

use super::row::{Column, Row};

/// Written once for each generation, and shared with every batch.
#[derive(Debug, Clone)]
pub(super) struct Statements {
    pub(super) load: Arc<str>,
    pub(super) upsert: Arc<str>,
    pub(super) delete: Arc<str>,
}

/// What a row is found by, which an upsert leaves as it is.
const KEY: [&str; 2] = ["org_id", "id"];

/// One row by its key. As a range in order, which only the index of the key has: of a table that was small when the plan was
/// made, any index that begins with the org looks as good, and would be read for the whole org.
const PROBE: &str = "kept.org_id = wanted.org_id and kept.id >= wanted.id and kept.id <= wanted.id \
                     order by kept.id";

impl Statements {
    /// `generation` of version `version` of a row's table.
    pub(super) fn of<R: Row>(version: i32, generation: i32) -> Self {
        let table = format!("read.{}_v{version}_g{generation}", R::TABLE);
        let listed = |one: fn(&Column) -> String| R::COLUMNS.iter().map(one).collect::<Vec<_>>().join(", ");
        let names = listed(|column| column.name.to_owned());
        let out = columns_out::<R>();
        let into = listed(|column| format!("new.{}{}", column.name, column.into));
        let set: Vec<_> = R::COLUMNS
            .iter()
            .filter(|column| !KEY.contains(&column.name))
            .map(|column| format!("{0} = excluded.{0}", column.name))
            .collect();
        let set = set.join(", ");
        let arrays: Vec<_> = R::COLUMNS
            .iter()
            .enumerate()
            .map(|(place, column)| format!("${}::{}", place + 1, column.array))
            .collect();
        let arrays = arrays.join(", ");
        Self {
            load: format!(
                "select found.* from unnest($1::uuid[], $2::uuid[]) wanted(org_id, id) cross join lateral \
                 (select {out} from {table} kept where {PROBE} limit 1) found"
            )
            .into(),
            upsert: format!(
                "insert into {table} ({names}) select {into} from unnest({arrays}) new({names}) \
                 on conflict (org_id, id) do update set {set}"
            )
            .into(),
            // Found by probes like the others: joined to the list, a table that was small a moment ago is read as a whole.
            delete: format!(
                "delete from {table} where ctid = any(array(select found.place from unnest($1::uuid[], $2::uuid[]) \
                 wanted(org_id, id) cross join lateral (select kept.ctid as place from {table} kept \
                 where {PROBE} limit 1) found))"
            )
            .into(),
        }
    }
}

/// All columns as a row reads them.
pub(crate) fn columns_out<R: Row>() -> String {
    let columns = R::COLUMNS.iter().map(|column| format!("kept.{0}{1} as {0}", column.name, column.out));
    columns.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sqlx::AssertSqlSafe;

    use super::PROBE;
    use crate::kit::ReadModel;
    use crate::read_models;
    use crate::stored::Stored;

    async fn plan(stored: &Stored, table: &str) -> String {
        let home = stored.org().await;
        let mut tx = stored.work(home, &[home.org()]).await;
        let explain = format!(
            "explain (costs off) select found.place from unnest('{{}}'::uuid[], '{{}}'::uuid[]) wanted(org_id, id) \
             cross join lateral (select kept.ctid as place from read.{table} kept where {PROBE} limit 1) found"
        );
        let lines: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(tx.connection()).await.unwrap();
        lines.join("\n")
    }

    #[tokio::test]
    async fn a_row_of_a_new_table_is_found_by_the_index_of_its_key() {
        let stored = Stored::new().await;
        let tables = read_models().into_iter().flat_map(|model: Arc<dyn ReadModel>| {
            let version = model.version();
            model.tables().into_iter().map(move |table| format!("{table}_v{version}_g1"))
        });
        for table in tables {
            let plan = plan(&stored, &table).await;
            let index = plan.lines().find(|line| line.contains("Scan using")).expect(&plan);
            assert!(index.contains("_pkey on"), "{plan}");
            assert!(!plan.contains("Sort") && !plan.contains("Seq Scan"), "{plan}");
        }
    }
}
