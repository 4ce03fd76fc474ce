//! The rows that there are beside the rows that there should be.

use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, PgConnection};

use super::agreement::Disagreement;
use super::table::{KeyedRows, Table, key_of};

/// One generation of a read model.
#[derive(sqlx::FromRow)]
pub(super) struct Generation {
    pub(super) projection: String,
    pub(super) version: i32,
    pub(super) number: i32,
}

impl Generation {
    pub(super) async fn live(connection: &mut PgConnection) -> Result<Vec<Self>, sqlx::Error> {
        let live = "select projection, version, generation as number from projection_generation where state = 'live' order by 1, 2";
        sqlx::query_as(live).fetch_all(connection).await
    }

    pub(super) async fn tables(&self, connection: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
        let tables = "select name from projection_table where projection = $1 and version = $2 order by 1";
        sqlx::query_scalar(tables).bind(&self.projection).bind(self.version).fetch_all(connection).await
    }

    pub(super) async fn compare(
        &self,
        connection: &mut PgConnection,
        table: &Table,
        report: &mut Disagreement,
    ) -> Result<(), sqlx::Error> {
        let mut expected: Vec<_> = table.rows.iter().collect();
        let found = self.rows(connection, table, report).await?;
        report.compared.rows.insert(table.name, found.len());
        for (key, row) in &found {
            if !table.rows.contains_key(key) {
                report.differences.push(format!(
                    "{} {}: should not be there: {}",
                    table.name,
                    words(table, key),
                    Value::from(row.clone())
                ));
            }
        }
        expected.retain(|(key, row)| {
            let is_there = found.contains_key(*key);
            if !is_there {
                let row = Value::from((*row).clone());
                report.differences.push(format!("{} {}: is missing: {row}", table.name, words(table, key)));
            }
            is_there
        });
        for (key, row) in expected {
            cells(table, key, row, &found[key], report);
        }
        Ok(())
    }

    /// Moments as the wire form writes them.
    async fn rows(
        &self,
        connection: &mut PgConnection,
        table: &Table,
        report: &mut Disagreement,
    ) -> Result<KeyedRows, sqlx::Error> {
        let name = format!("{}_v{}_g{}", table.name, self.version, self.number);
        let columns: String = sqlx::query_scalar(
            r#"select string_agg(case when data_type = 'timestamp with time zone'
                 then format('to_char(%1$I at time zone ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS.US"Z"'') as %1$I', column_name)
                 else format('%I', column_name) end, ', ')
               from information_schema.columns where table_schema = 'read' and table_name = $1"#,
        )
        .bind(&name)
        .fetch_one(&mut *connection)
        .await?;
        let select = format!("select to_jsonb(t)::text from (select {columns} from read.{name}) t");
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(connection).await?;
        let mut keyed = KeyedRows::new();
        for row in rows {
            let row: Map<String, Value> = serde_json::from_str(&row).expect("Postgres writes JSON");
            let key = key_of(table.key, &row);
            if keyed.contains_key(&key) {
                report.differences.push(format!("{} {}: is there twice", table.name, words(table, &key)));
            }
            keyed.insert(key, row);
        }
        Ok(keyed)
    }
}

fn cells(
    table: &Table,
    key: &[String],
    expected: &Map<String, Value>,
    found: &Map<String, Value>,
    report: &mut Disagreement,
) {
    for (column, value) in expected {
        if found.get(column) != Some(value) {
            report.cell((table.name, &words(table, key)), column, value, found.get(column));
        }
    }
    // An id that is made of the words of its row says nothing that they do not say.
    for column in found.keys().filter(|column| *column != "id" && !expected.contains_key(*column)) {
        report.differences.push(format!(
            "{} {}: the oracle knows no column {column}",
            table.name,
            words(table, key)
        ));
    }
}

/// As in `(org_id "…", state "new")`.
fn words(table: &Table, key: &[String]) -> String {
    let words: Vec<_> =
        table.key.iter().zip(key).map(|(column, value)| format!("{column} {value}")).collect();
    format!("({})", words.join(", "))
}
