//! How migrations run: once, whole or not at all, and with a word that helps when they can't.

use sqlx::{AssertSqlSafe, Executor, PgConnection};
use uuid::Uuid;
use xentri_migrations::{MigrationError, Step, migrate, pending, plan};
use xentri_testkit::TestDb;

async fn versions(connection: &mut PgConnection) -> Vec<i64> {
    sqlx::query_scalar("select version from _sqlx_migrations order by version")
        .fetch_all(connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_empty_database_gets_every_migration_once() {
    let db = TestDb::empty().await;
    let mut told = Vec::new();
    let applied = migrate(&db.admin_url(), |step| told.push(step)).await.unwrap();
    assert!(applied.len() >= 5, "{applied:?}");
    assert_eq!(told, applied);
    assert_eq!(migrate(&db.admin_url(), |step| panic!("ran again: {step:?}")).await.unwrap(), []);
    assert_eq!(pending(&mut db.connect_as_server().await).await.unwrap(), []);
}

#[tokio::test]
async fn a_plan_names_what_would_run_and_changes_nothing() {
    let db = TestDb::empty().await;
    let planned = plan(&db.admin_url()).await.unwrap();
    let tables: i64 = sqlx::query_scalar("select count(*) from pg_tables where schemaname = 'public'")
        .fetch_one(&mut db.connect_as_admin().await)
        .await
        .unwrap();
    assert_eq!(tables, 0);
    assert_eq!(migrate(&db.admin_url(), |_| {}).await.unwrap(), planned);
    assert_eq!(plan(&db.admin_url()).await.unwrap(), []);
}

/// Two processes migrate one database, two more migrate another in the same cluster. Roles are the cluster's, so all
/// four are raced; the lock in database `postgres` makes them go one after the other.
#[tokio::test]
async fn migrations_side_by_side_wait_for_each_other() {
    let (one, other) = (TestDb::empty().await, TestDb::empty().await);
    let (one, other) = (one.admin_url(), other.admin_url());
    let (a, b, c, d) = tokio::join!(
        migrate(&one, |_| {}),
        migrate(&one, |_| {}),
        migrate(&other, |_| {}),
        migrate(&other, |_| {})
    );
    let ran = |result: Result<Vec<Step>, MigrationError>| result.unwrap().len();
    let (a, b, c, d) = (ran(a), ran(b), ran(c), ran(d));
    assert_eq!(
        (a == 0) != (b == 0),
        (c == 0) != (d == 0),
        "each database is migrated by one of its two: {a} {b} {c} {d}"
    );
    assert_eq!(a + b, c + d);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_of_itself_and_goes_on_once_the_cause_is_gone() {
    let db = TestDb::empty().await;
    let mut superuser = db.connect_as_admin().await;
    superuser.execute("create table org_key (in_the_way int)").await.unwrap();
    let error = migrate(&db.admin_url(), |_| {}).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("(keys) failed and was rolled back whole"), "{message}");
    assert!(message.contains("\"org_key\" already exists"), "{message}");
    let before = versions(&mut superuser).await;
    assert!(!before.is_empty(), "the migrations before it stay");

    superuser.execute("drop table org_key").await.unwrap();
    let mut rest = migrate(&db.admin_url(), |_| {}).await.unwrap();
    rest.retain(|step| matches!(step, Step::Migration { .. }));
    assert_eq!(versions(&mut superuser).await.len(), before.len() + rest.len());
}

#[tokio::test]
async fn a_half_finished_migration_is_named() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    superuser
        .execute("update _sqlx_migrations set success = false where version = (select min(version) from _sqlx_migrations)")
        .await
        .unwrap();
    let error = migrate(&db.admin_url(), |_| {}).await.unwrap_err();
    assert!(matches!(error, MigrationError::HalfFinished(_)), "{error}");
}

#[tokio::test]
async fn a_migration_that_ran_with_another_text_is_named() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    superuser
        .execute("update _sqlx_migrations set checksum = 'other' where version = (select max(version) from _sqlx_migrations)")
        .await
        .unwrap();
    let error = migrate(&db.admin_url(), |_| {}).await.unwrap_err();
    assert!(matches!(error, MigrationError::Changed(_)), "{error}");
}

#[tokio::test]
async fn a_newer_database_is_not_migrated_but_may_be_served() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    superuser
        .execute(
            "insert into _sqlx_migrations values (99990101000000, 'from the future', now(), true, 'x', 0)",
        )
        .await
        .unwrap();
    let error = migrate(&db.admin_url(), |_| {}).await.unwrap_err();
    assert!(matches!(error, MigrationError::Unknown(99_990_101_000_000)), "{error}");
    assert_eq!(pending(&mut db.connect_as_server().await).await.unwrap(), []);
}

#[tokio::test]
async fn a_server_at_an_empty_database_is_told_all_that_is_missing() {
    // The roles are the cluster's: another database of the same cluster has to have made them.
    let migrated = TestDb::new().await;
    let db = TestDb::empty().await;
    assert_eq!(
        pending(&mut db.connect_as_server().await).await.unwrap(),
        plan(&db.admin_url()).await.unwrap()
    );
    drop(migrated);
}

#[tokio::test]
async fn a_login_without_the_rights_is_told_which_it_needs() {
    let db = TestDb::new().await;
    let error = migrate(&db.server_url(), |_| {}).await.unwrap_err();
    assert!(matches!(error, MigrationError::Roles(_)), "{error}");
    assert!(
        error.to_string().contains("must be a superuser, or own the database and have CREATEROLE"),
        "{error}"
    );
}

/// As on a managed Postgres, which offers no superuser.
#[tokio::test]
async fn the_owner_of_the_database_who_may_create_roles_can_migrate() {
    // Makes the roles, as another database of the cluster would have.
    let migrated = TestDb::new().await;
    let db = TestDb::empty().await;
    let login = format!("test_migrator_{}", Uuid::new_v4().simple());
    let mut superuser = db.connect_as_admin().await;
    superuser
        .execute(AssertSqlSafe(format!(
            "create role {login} login createrole password 'secret';
             do $$ begin
               execute format('alter database %I owner to {login}', current_database());
               if current_setting('server_version_num')::int >= 160000 then
                 grant xentri_owner, xentri_builder, xentri_appender to {login} with admin option;
               end if;
             end $$"
        )))
        .await
        .unwrap();
    let url = db.admin_url();
    let (_, address) = url.split_once('@').unwrap();
    let applied = migrate(&format!("postgres://{login}:secret@{address}"), |_| {}).await;
    let pending = pending(&mut db.connect_as_server().await).await;
    superuser
        .execute(AssertSqlSafe(format!("reassign owned by {login} to current_user; drop role {login}")))
        .await
        .unwrap();
    assert!(applied.unwrap().len() >= 5);
    assert_eq!(pending.unwrap(), []);
    drop(migrated);
}

#[tokio::test]
async fn an_unreachable_postgres_is_named_without_its_password() {
    let free_port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = migrate(&format!("postgres://me:hunter2@127.0.0.1:{free_port}/x"), |_| {}).await.unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with(&format!("Postgres at 127.0.0.1:{free_port} can't be reached")), "{message}");
    assert!(!message.contains("hunter2"), "{message}");
}
