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
                 (select {out} from {table} kept where kept.org_id = wanted.org_id and kept.id = wanted.id \
                 limit 1) found"
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
                 gone(org_id, id) cross join lateral (select kept.ctid as place from {table} kept \
                 where kept.org_id = gone.org_id and kept.id = gone.id limit 1) found))"
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
