//! One org's rows and another's caller.

use sqlx::{AssertSqlSafe, Executor};
use xentri_ledger::{Chain, ChainError, CommandRecord, TenantTx};

use crate::support::{Lead, World, authorized, created};

/// All that the server's login may become.
const ROLES: [&str; 5] = ["xentri_app", "xentri_relay", "xentri_worker", "xentri_auditor", "xentri_analyst"];

/// Nothing is raced. The directory alone makes a home, and a command's authority names its org, so the types leave one
/// thing to check.
#[tokio::test]
async fn who_was_authorised_in_one_org_gets_nothing_into_anothers_chain() {
    let world = World::new().await;
    let (own, other) = (world.org().await, world.org().await);
    let (by, lead) = (Lead::new(own).by, Lead::new(other));
    let record = CommandRecord { events: vec![created(&lead)], ..CommandRecord::default() };
    let refused = Chain::new(other).push(&authorized(&by), [(lead.stream(), 0)], record);
    assert_eq!(refused, Err(ChainError::OtherOrg { authorized: own.org(), chain: other.org() }));
}

#[tokio::test]
async fn a_transaction_of_one_org_reads_nothing_of_another_even_by_name() {
    let world = World::new().await;
    let (own, other) = (world.org().await, world.org().await);
    let mut tx = TenantTx::write(world.ledger.databases(), own).await.unwrap();
    for table in ["event", "receipt", "org", "org_key", "subject_key", "subject_stream", "snapshot"] {
        let query = format!("select count(*) from {table} where org_id = $1");
        let seen: i64 = sqlx::query_scalar(AssertSqlSafe(query))
            .bind(other.org().uuid())
            .fetch_one(tx.connection())
            .await
            .unwrap_or_else(|error| panic!("{table}: {error}"));
        assert_eq!(seen, 0, "{table}");
    }
}

/// With one org's scope set in every way there is, each role tries to change another's rows: whatever the table, it has no
/// right to, or it finds no row.
#[tokio::test]
async fn no_role_of_the_server_changes_a_row_of_an_org_that_it_did_not_name() {
    let world = World::new().await;
    let (own, other) = (world.org().await, world.org().await);
    let mut admin = world.db.connect_as_admin().await;
    let tables: Vec<(String, String)> = sqlx::query_as(
        "select c.relname::text, quote_ident((select attname from pg_attribute a where a.attrelid = c.oid and attnum > 0 limit 1))
           from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id')",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    assert!(tables.len() >= 7, "{tables:?}");
    let mut server = world.db.connect_as_server().await;
    for role in ROLES {
        for (table, column) in &tables {
            let other = other.org();
            for change in [
                format!("delete from {table} where org_id = '{other}'"),
                format!("update {table} set {column} = {column} where org_id = '{other}'"),
                format!("insert into {table} select * from {table} where org_id = '{other}'"),
                format!("insert into {table} (org_id) values ('{other}')"),
            ] {
                let begin = format!(
                    "begin; set local role {role}; set local app.current_org_id = '{0}'; set local app.current_org_ids = '{0}'",
                    own.org()
                );
                server.execute(AssertSqlSafe(begin)).await.unwrap();
                let rows = match server.execute(AssertSqlSafe(change.clone())).await {
                    Ok(done) => done.rows_affected(),
                    Err(error) => {
                        let code = error.as_database_error().unwrap().code().unwrap().into_owned();
                        assert_eq!(code, "42501", "{role}: {change}: {error}");
                        0
                    }
                };
                server.execute("rollback").await.unwrap();
                // What the worker clears everywhere, by age, is what it may delete.
                let clears = role == "xentri_worker" && table == "receipt" && change.starts_with("delete");
                assert!(rows == 0 || clears, "{role}: {change}: {rows}");
            }
        }
    }
}
