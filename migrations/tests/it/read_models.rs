//! The tables of read models, as `xentri migrate` makes them: once, and never under the same version in another form.

use sqlx::{Executor, PgConnection};
use xentri_migrations::{MigrationError, Step, migrate, pending, plan};
use xentri_testkit::TestDb;

use crate::append::count_of;

fn tables(step: &Step) -> bool {
    matches!(step, Step::ReadModel { .. })
}

fn leads(step: &Step) -> bool {
    matches!(step, Step::ReadModel { projection: "leads", .. })
}

async fn forget_leads(superuser: &mut PgConnection) {
    superuser.execute("delete from projection_table where projection = 'leads'").await.unwrap();
}

#[tokio::test]
async fn every_read_model_has_one_generation_that_is_live_and_a_view_of_each_table() {
    let db = TestDb::empty().await;
    let applied = migrate(&db.admin_url(), |_| {}).await.unwrap();
    let first = applied.iter().position(tables).unwrap();
    assert!(applied[first..].iter().all(tables), "tables come after all numbered files: {applied:?}");
    assert!(applied.iter().any(leads));
    let made: Vec<(String, i32)> = sqlx::query_as(
        "select projection, version from projection_generation where generation = 1 and state = 'live'",
    )
    .fetch_all(&mut db.connect_as_admin().await)
    .await
    .unwrap();
    assert_eq!(made.len(), applied.len() - first);
    let without_view = "
        select count(*) from projection_table t
        where to_regclass(format('read.%I', t.name || '_v' || t.version)) is null
           or to_regclass(format('read.%I', t.name || '_v' || t.version || '_template')) is null";
    assert_eq!(count_of(&db, without_view).await, 0);
    assert_eq!(count_of(&db, "select count(*) from read.leads_v1").await, 0);
    assert_eq!(count_of(&db, "select count(*) from read.pipeline_v1").await, 0);
}

#[tokio::test]
async fn a_server_is_told_which_read_models_its_database_lacks() {
    let db = TestDb::new().await;
    forget_leads(&mut db.connect_as_admin().await).await;
    let missing = pending(&mut db.connect_as_server().await).await.unwrap();
    assert!(missing.len() == 1 && leads(&missing[0]), "{missing:?}");
    assert!(missing[0].to_string().starts_with("tables of leads v"), "{}", missing[0]);
    assert_eq!(plan(&db.admin_url()).await.unwrap(), missing);
    // The same beside a newer schema, which is no lack.
    let newer =
        "insert into _sqlx_migrations values (99990101000000, 'from the future', now(), true, 'x', 0)";
    db.connect_as_admin().await.execute(newer).await.unwrap();
    assert_eq!(pending(&mut db.connect_as_server().await).await.unwrap(), missing);
}

#[tokio::test]
async fn tables_that_fail_leave_nothing_of_themselves_and_are_made_once_the_cause_is_gone() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    forget_leads(&mut superuser).await;
    let message = migrate(&db.admin_url(), |_| {}).await.unwrap_err().to_string();
    assert!(message.starts_with("the tables of leads v"), "{message}");
    assert!(message.contains("_template\" already exists"), "{message}");
    assert_eq!(count_of(&db, "select count(*) from projection_table where projection = 'leads'").await, 0);

    superuser
        .execute(
            "do $$ declare r record; begin
               for r in select oid::regclass as it from pg_class
                         where relnamespace = 'read'::regnamespace and relkind = 'r' and relname ~ '^(leads|pipeline)_v'
               loop execute format('drop table %s cascade', r.it); end loop;
             end $$;
             delete from projection_generation where projection = 'leads'",
        )
        .await
        .unwrap();
    let applied = migrate(&db.admin_url(), |_| {}).await.unwrap();
    assert!(applied.len() == 1 && leads(&applied[0]), "{applied:?}");
    assert_eq!(pending(&mut db.connect_as_server().await).await.unwrap(), []);
}

#[tokio::test]
async fn tables_that_changed_under_their_version_are_refused() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    superuser
        .execute("update projection_table set checksum = 'other' where projection = 'leads'")
        .await
        .unwrap();
    let refused = [
        migrate(&db.admin_url(), |step| panic!("ran: {step:?}")).await.unwrap_err(),
        plan(&db.admin_url()).await.unwrap_err(),
        pending(&mut db.connect_as_server().await).await.unwrap_err(),
    ];
    for error in refused {
        assert!(matches!(error, MigrationError::TablesChanged { projection: "leads", .. }), "{error}");
        assert!(
            error.to_string().contains("have changed since they were made here; raise its version"),
            "{error}"
        );
    }
}
