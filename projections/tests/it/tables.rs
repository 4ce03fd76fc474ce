//! A row stands in Rust and its table in SQL, side by side in one folder; here the two are compared.

use std::collections::BTreeSet;

use xentri_projections::kit::Column;
use xentri_projections::read_models;
use xentri_testkit::TestDb;

/// Name, type and whether it may be null.
type Shape = (String, String, bool);

/// As the database calls the type that a column's values are written as.
async fn of_row(db: &TestDb, columns: &[Column]) -> Vec<Shape> {
    let types: Vec<&str> = columns
        .iter()
        .map(|column| match column.into.strip_prefix("::") {
            Some(cast) => cast,
            None => column.array.trim_end_matches("[]"),
        })
        .collect();
    let types: Vec<String> = sqlx::query_scalar(
        "select t::regtype::text from unnest($1::text[]) with ordinality x(t, n) order by n",
    )
    .bind(types)
    .fetch_all(&mut db.connect_as_admin().await)
    .await
    .unwrap();
    columns
        .iter()
        .zip(types)
        .map(|(column, of_type)| (column.name.to_owned(), of_type, column.nullable))
        .collect()
}

async fn of_template(db: &TestDb, table: &str, version: i32) -> Vec<Shape> {
    sqlx::query_as(
        "select attname::text, atttypid::regtype::text, not attnotnull from pg_attribute
         where attrelid = format('read.%I', $1 || '_v' || $2 || '_template')::regclass and attnum > 0 and not attisdropped
         order by attnum",
    )
    .bind(table)
    .bind(version)
    .fetch_all(&mut db.connect_as_admin().await)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_row_has_the_columns_of_its_table_in_name_order_type_and_null() {
    let db = TestDb::new().await;
    for model in read_models() {
        for (table, columns) in model.columns() {
            let (row, template) =
                (of_row(&db, columns).await, of_template(&db, table, model.version()).await);
            assert_eq!(row, template, "{table} of {}: the row, and its table.sql", model.name());
        }
    }
}

/// Every load and upsert goes by it.
#[tokio::test]
async fn the_key_of_every_table_is_its_org_and_its_id() {
    let db = TestDb::new().await;
    let keys: Vec<(String, String)> = sqlx::query_as(
        "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint
         where contype = 'p' and connamespace = 'read'::regnamespace",
    )
    .fetch_all(&mut db.connect_as_admin().await)
    .await
    .unwrap();
    assert!(!keys.is_empty());
    for (table, key) in keys {
        assert_eq!(key, "PRIMARY KEY (org_id, id)", "{table}");
    }
}

#[tokio::test]
async fn the_database_has_the_tables_of_every_read_model_and_no_others() {
    let db = TestDb::new().await;
    let made: Vec<(String, i32, String)> =
        sqlx::query_as("select projection, version, name from projection_table")
            .fetch_all(&mut db.connect_as_admin().await)
            .await
            .unwrap();
    let listed: BTreeSet<(String, i32, String)> = read_models()
        .iter()
        .flat_map(|model| {
            let (name, version) = (model.name(), model.version());
            model.tables().into_iter().map(move |table| (name.to_owned(), version, table.to_owned()))
        })
        .collect();
    assert_eq!(
        made.into_iter().collect::<BTreeSet<_>>(),
        listed,
        "table.sql of each folder, and read_models()"
    );
}

/// What says so to people who look at the table says so to the reports and files that must not show it.
#[tokio::test]
async fn columns_that_are_said_to_be_personal_are_declared_so() {
    let db = TestDb::new().await;
    let said: BTreeSet<(String, String)> = sqlx::query_as(
        "select t.name, a.attname::text from projection_table t
           join pg_attribute a on a.attrelid = format('read.%I', t.name || '_v' || t.version || '_template')::regclass
          where a.attnum > 0 and col_description(a.attrelid, a.attnum) like 'Personal%'",
    )
    .fetch_all(&mut db.connect_as_admin().await)
    .await
    .unwrap()
    .into_iter()
    .collect();
    let columns = read_models().into_iter().flat_map(|model| model.columns());
    let declared: BTreeSet<(String, String)> = columns
        .flat_map(|(table, columns)| {
            let personal = columns.iter().filter(|column| column.personal && column.name != "search");
            personal.map(move |column| (table.to_owned(), column.name.to_owned())).collect::<Vec<_>>()
        })
        .collect();
    assert!(!said.is_empty());
    assert_eq!(declared, said);
}
