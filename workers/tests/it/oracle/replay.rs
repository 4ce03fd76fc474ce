//! What is made of the ledger for a file, beside what readers see, and what they would have seen then.

use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_ledger::{Home, Ledger};
use xentri_projections::kit::{CellValue, Column, ReadModel};
use xentri_projections::read_models;
use xentri_testkit::TestDb;
use xentri_workers::replay::{MadeTable, Until, Wanted, Whose, replay};

use super::history::{SHARDS, open};
use super::readers::unread;

type Rows = Vec<Map<String, Value>>;

/// So few bytes of rows that the larger read models are made in several parts.
const LITTLE: usize = 2 << 20;

/// Of every read model: all orgs together, some of them alone, with what is personal and without. Says how many rows that were.
pub(super) async fn equals_what_readers_see(history: &TestDb, until: Until, seen: &TestDb) -> String {
    let ledger = open(history);
    let homes = homes(&ledger).await;
    let mut rows = 0;
    for model in read_models() {
        let mut live = Vec::new();
        for (table, columns) in model.columns() {
            live.push(Table { name: table, columns, rows: rows_of(seen, table, model.version()).await });
        }
        rows += live.iter().map(|table| table.rows.len()).sum::<usize>();
        let made = |whose, opens, memory| made(&ledger, &*model, Wanted { whose, until, opens, memory });
        same(&made(Whose::All, true, LITTLE).await, &live);
        let (sealed, expected) = (made(Whose::All, false, usize::MAX).await, masked(&live));
        match until {
            Until::Now | Until::OrgSeq(_) => same(&sealed, &expected),
            // Who is forgotten later is not forgotten then, where no key is looked at.
            Until::Moment(_) => same(&without_forgotten(&sealed), &without_forgotten(&expected)),
        }
        for home in homes.iter().step_by(11) {
            same(&made(Whose::Org(*home), true, usize::MAX).await, &of_org(&live, home.org()));
        }
    }
    ledger.close().await;
    format!("{rows} rows are the same")
}

async fn homes(ledger: &Ledger) -> Vec<Home> {
    let mut homes = Vec::new();
    for shard in SHARDS {
        let orgs = ledger.directory().of_shard(shard, None, 1000).await.unwrap();
        homes.extend(orgs.iter().map(|entry| entry.home));
    }
    assert!(homes.len() >= 50, "{}", homes.len());
    homes
}

/// What was not opened is null in a file even where the row would show it.
async fn made(ledger: &Ledger, model: &dyn ReadModel, wanted: Wanted) -> Vec<Table> {
    let replayed = replay(ledger, model, wanted, &mut |_| ()).await.unwrap();
    assert_eq!((replayed.discarded, replayed.held), (0, Vec::new()), "{}", model.name());
    let tables = replayed.tables.into_iter().map(Table::of).collect::<Vec<_>>();
    if wanted.opens { tables } else { masked(&tables) }
}

#[derive(Clone)]
struct Table {
    name: &'static str,
    columns: &'static [Column],
    rows: Rows,
}

impl Table {
    fn of(mut made: MadeTable) -> Self {
        let (name, columns, mut rows) = (made.name(), made.columns(), Vec::new());
        loop {
            let (mut row, mut names) = (Map::new(), columns.iter().map(|column| column.name));
            let mut show =
                |cell: CellValue<'_>| drop(row.insert(names.next().unwrap().to_owned(), written(cell)));
            if !made.next(&mut show).unwrap() {
                return Self { name, columns, rows };
            }
            rows.push(row);
        }
    }
}

/// As whoever may not read what is personal gets them.
fn masked(tables: &[Table]) -> Vec<Table> {
    let mut masked = tables.to_vec();
    for table in &mut masked {
        for column in table.columns.iter().filter(|column| column.personal) {
            for row in &mut table.rows {
                row[column.name] = Value::Null;
            }
        }
    }
    masked
}

fn without_forgotten(tables: &[Table]) -> Vec<Table> {
    let mut without = tables.to_vec();
    for row in without.iter_mut().flat_map(|table| &mut table.rows) {
        row.remove("forgotten");
    }
    without
}

fn written(cell: CellValue<'_>) -> Value {
    match cell {
        CellValue::Null => Value::Null,
        CellValue::Uuid(id) => json!(id.to_string()),
        CellValue::Bool(value) => json!(value),
        CellValue::Int(value) => json!(value),
        CellValue::Bigint(value) => json!(value),
        CellValue::Text(text) => json!(text),
        CellValue::Moment(moment) => json!(moment),
        CellValue::Date(day) => json!(day),
        CellValue::Json(value) => value.clone(),
    }
}

/// Through the view, in the order of files.
async fn rows_of(db: &TestDb, table: &str, version: i32) -> Rows {
    let mut admin = db.connect_as_admin().await;
    let columns: String = sqlx::query_scalar(
        r#"select string_agg(case when data_type = 'timestamp with time zone'
             then format('to_char(%1$I at time zone ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS.US"Z"'') as %1$I', column_name)
             else quote_ident(column_name) end, ', ')
           from information_schema.columns where table_schema = 'read' and table_name = $1"#,
    )
    .bind(format!("{table}_v{version}"))
    .fetch_one(&mut admin)
    .await
    .unwrap();
    let select = format!(
        "select to_jsonb(t)::text from (select {columns} from read.{table}_v{version} t order by t.org_id, t.id) t"
    );
    let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(&mut admin).await.unwrap();
    rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

fn of_org(tables: &[Table], org: OrgId) -> Vec<Table> {
    let mut of_org = tables.to_vec();
    for table in &mut of_org {
        table.rows.retain(|row| row["org_id"] == json!(org));
    }
    of_org
}

fn same(made: &[Table], live: &[Table]) {
    assert_eq!(made.len(), live.len());
    for (made, live) in made.iter().zip(live) {
        assert_eq!(made.name, live.name);
        for (row, expected) in made.rows.iter().zip(&live.rows) {
            assert_eq!(row, expected, "{}", made.name);
        }
        assert_eq!(made.rows.len(), live.rows.len(), "{}", made.name);
    }
}

/// The moment of an event half-way, and another database whose ledger ends there. Nothing of it has been read.
pub(super) async fn half_way(history: &TestDb) -> (Timestamp, TestDb) {
    let then = unread(history).await;
    let mut admin = then.connect_as_admin().await;
    let middle = "select to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from event \
                  order by recorded_at offset (select count(*) / 2 from event) limit 1";
    let moment: String = sqlx::query_scalar(middle).fetch_one(&mut admin).await.unwrap();
    let forget = format!(
        "alter table event disable trigger event_never_changes; delete from event where recorded_at > '{moment}'"
    );
    admin.execute(AssertSqlSafe(forget)).await.unwrap();
    (moment.parse().unwrap(), then)
}
