//! One row for each table, for any org: row-level security is tested on rows, not on empty tables.
//!
//! A new table needs a line here; the catalogue tests fail by its name until it has one. Tables of read models don't: their
//! rows are made of what the catalogue says of their columns.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;

/// Tables that have no org, and why that is right.
pub(crate) const WITHOUT_ORG: &[(&str, &str)] = &[
    ("_sqlx_migrations", "what the schema is, the same for everybody"),
    ("ledger_epoch", "epochs belong to a shard, not to an org; they hold numbers only"),
    ("projection_checkpoint", "how far a shard has been folded: numbers only"),
    ("projection_generation", "the copies of read models that there are, the same for everybody"),
    ("projection_table", "which tables read models have, the same for everybody"),
    ("rebuild", "read models that are made anew, of all orgs together"),
    ("rebuild_order", "what those who run the platform ask for, of all orgs together"),
    ("rebuild_unit", "which part of a shard a rebuild has loaded: numbers only"),
    ("relay_cursor", "how far a shard has been sent: numbers only"),
];

/// Tables whose primary key has no org, and why that is right.
pub(crate) const KEYED_WITHOUT_ORG: &[(&str, &str)] =
    &[("event", "its key is the order of the shard; uniqueness within the org has keys of its own")];

/// table, the values of one row; `{org}` is the org's id in quotes, `{n}` a number that differs between orgs.
const ROWS: &[(&str, &str)] = &[
    (
        "event",
        "(position, org_seq, recorded_at, shard, epoch, version, org_id, id, stream_id, stream_type, type, hash, body)
         values ({n}, 1, now(), 0, 1, 1, {org}, {org}, {org}, 'lead', 'xentri.lead.created.v1',
                 sha256('event'), '{}')",
    ),
    ("org", "(org_id, shard, time_zone, currency, language) values ({org}, 0, 'Europe/Madrid', 'EUR', 'es')"),
    ("org_key", "(org_id, shard, wrapped, master_key) values ({org}, 0, 'key', 'master-1')"),
    ("subject_key", "(shard, org_id, subject_id, wrapped) values (0, {org}, {org}, 'key')"),
    ("subject_stream", "(shard, org_id, subject_id, stream_type, stream_id) values (0, {org}, {org}, 'lead', {org})"),
    (
        "receipt",
        "(shard, org_id, actor, key, mac, answer, epoch, recorded_at)
         values (0, {org}, 'user', 'k', sha256('mac'), '{}', 1, now())",
    ),
    (
        "snapshot",
        "(shard, org_id, stream_type, stream_id, version, fold_version, state) values (0, {org}, 'lead', {org}, 1, 1, 'state')",
    ),
    (
        "parked_event",
        "(org_id, projection, version, generation, shard, position, epoch, event_id, type, keys, error)
         values ({org}, 'leads', 1, 1, 0, {n}, 1, {org}, 'xentri.lead.created.v1', array[{org}::uuid], 'no row')",
    ),
    (
        "parked_discard",
        "(org_id, projection, event_id, reason, discarded_by) values ({org}, 'leads', {org}, 'a test', 'ops:ada')",
    ),
    ("user_preference", "(shard, org_id, user_id, last_scope) values (0, {org}, {org}, 'strategy')"),
];

/// The statement that inserts a row into a table of schema `read`: every column that has to hold something does.
const ROW_OF_A_READ_MODEL: &str = "
    select format('insert into %s (%s) values (%s)', $1, string_agg(quote_ident(a.attname), ', '),
             string_agg(case t.typcategory when 'S' then '''x''' when 'N' then '1' when 'B' then 'false'
                          when 'D' then 'now()' when 'A' then '''{}'''
                          else case t.typname when 'uuid' then quote_literal($2::text) else '''{}''' end end, ', '))
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = $1::regclass and a.attnum > 0 and a.attnotnull";

/// The statement that inserts the sample row of `table` for `org`.
pub(crate) async fn insert(superuser: &mut PgConnection, table: &str, org: Uuid) -> String {
    if table.starts_with("read.") {
        let statement = sqlx::query_scalar(ROW_OF_A_READ_MODEL).bind(table).bind(org);
        return statement.fetch_one(superuser).await.unwrap();
    }
    let (_, row) = ROWS
        .iter()
        .find(|(name, _)| *name == table)
        .unwrap_or_else(|| panic!("table {table} has no sample row: add one to samples.rs"));
    let number = u32::from(org.as_bytes()[0]) + 1;
    let row = row.replace("{org}", &format!("'{org}'")).replace("{n}", &number.to_string());
    format!("insert into {table} {row}")
}

/// Every table that must show only its org's rows.
pub(crate) async fn tables_with_org(superuser: &mut PgConnection) -> Vec<String> {
    tables(superuser)
        .await
        .into_iter()
        .filter(|table| WITHOUT_ORG.iter().all(|(name, _)| name != table))
        .collect()
}

/// The same, and the views that show some of them.
pub(crate) async fn tables_and_views_with_org(superuser: &mut PgConnection) -> Vec<String> {
    let mut all = tables_with_org(superuser).await;
    let views = "select oid::regclass::text from pg_class where relnamespace = 'read'::regnamespace and relkind = 'v'";
    let views: Vec<String> = sqlx::query_scalar(views).fetch_all(superuser).await.unwrap();
    assert!(!views.is_empty());
    all.extend(views);
    all
}

/// Every table outside Postgres's own schemas, as the catalogue has it.
pub(crate) async fn tables(superuser: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1",
    )
    .fetch_all(superuser)
    .await
    .unwrap()
}

/// Puts one row of each org into every table.
pub(crate) async fn fill(superuser: &mut PgConnection, orgs: &[Uuid]) {
    for table in tables_with_org(superuser).await {
        for org in orgs {
            let row = insert(superuser, &table, *org).await;
            superuser.execute(AssertSqlSafe(row)).await.unwrap();
        }
    }
}
