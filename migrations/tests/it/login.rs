//! A server must not start with a login that could step around row-level security.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;
use xentri_migrations::{LoginFault, SERVER_ROLES, check_login};
use xentri_testkit::TestDb;

/// Makes a login of its own (logins belong to the cluster, which tests share), changes it by `statements` with
/// `{login}` for its name, and asks what is wrong with it.
async fn faults_after(statements: &str) -> (String, Vec<LoginFault>) {
    let db = TestDb::new().await;
    let login = format!("test_login_{}", Uuid::new_v4().simple());
    let mut superuser = db.connect_as_admin().await;
    xentri_migrations::ensure_server_login(&mut superuser, &login, "secret").await.unwrap();
    superuser.execute(AssertSqlSafe(statements.replace("{login}", &login))).await.unwrap();
    let url = db.admin_url();
    let (_, address) = url.split_once('@').unwrap();
    let mut server = PgConnection::connect(&format!("postgres://{login}:secret@{address}")).await.unwrap();
    let faults = check_login(&mut server).await.unwrap();
    superuser
        .execute(AssertSqlSafe(format!("drop owned by {login} cascade; drop role {login}")))
        .await
        .unwrap();
    (login, faults)
}

#[tokio::test]
async fn the_servers_own_login_has_no_fault() {
    let (_, faults) = faults_after("").await;
    assert_eq!(faults, []);
}

#[tokio::test]
async fn making_a_login_again_mends_what_was_wrong_with_it() {
    let db = TestDb::new().await;
    let login = format!("test_login_{}", Uuid::new_v4().simple());
    let mut superuser = db.connect_as_admin().await;
    xentri_migrations::ensure_server_login(&mut superuser, &login, "first").await.unwrap();
    superuser.execute(AssertSqlSafe(format!("alter role {login} inherit createdb"))).await.unwrap();
    xentri_migrations::ensure_server_login(&mut superuser, &login, "it's \"quoted\"").await.unwrap();
    let sound: bool =
        sqlx::query_scalar("select not rolinherit and not rolcreatedb from pg_roles where rolname = $1")
            .bind(&login)
            .fetch_one(&mut superuser)
            .await
            .unwrap();
    superuser.execute(AssertSqlSafe(format!("drop role {login}"))).await.unwrap();
    assert!(sound);
}

#[tokio::test]
async fn a_superuser_is_refused() {
    let (login, faults) = faults_after("alter role {login} superuser").await;
    assert_eq!(faults, [LoginFault::Superuser { login }]);
}

#[tokio::test]
async fn a_login_that_bypasses_row_level_security_is_refused() {
    let (login, faults) = faults_after("alter role {login} bypassrls").await;
    assert_eq!(faults, [LoginFault::BypassesRowSecurity { login }]);
}

#[tokio::test]
async fn an_inheriting_login_is_refused() {
    let (login, faults) = faults_after("alter role {login} inherit").await;
    assert_eq!(faults, [LoginFault::Inherits { login }]);
}

#[tokio::test]
async fn a_login_that_may_create_roles_is_refused() {
    let (login, faults) = faults_after("alter role {login} createrole").await;
    assert_eq!(faults, [LoginFault::MayCreate { login }]);
}

#[tokio::test]
async fn a_login_that_can_become_owner_builder_or_appender_is_refused() {
    let forbidden = ["xentri_appender", "xentri_builder", "xentri_owner"];
    let (login, faults) =
        faults_after("grant xentri_owner, xentri_builder, xentri_appender to {login}").await;
    assert_eq!(
        faults,
        forbidden.map(|role| LoginFault::CanBecome { login: login.clone(), role: role.to_owned() })
    );
}

#[tokio::test]
async fn a_login_that_may_replicate_is_refused() {
    let (login, faults) = faults_after("alter role {login} replication").await;
    assert_eq!(faults, [LoginFault::MayCreate { login }]);
}

#[tokio::test]
async fn a_login_that_can_become_any_other_role_is_refused() {
    for attribute in ["superuser", "bypassrls", "createrole", "nologin"] {
        let db = TestDb::new().await;
        let role = format!("test_role_{}", Uuid::new_v4().simple());
        let mut superuser = db.connect_as_admin().await;
        superuser.execute(AssertSqlSafe(format!("create role {role} {attribute}"))).await.unwrap();
        let (login, faults) = faults_after(&format!("grant {role} to {{login}}")).await;
        superuser.execute(AssertSqlSafe(format!("drop role {role}"))).await.unwrap();
        assert_eq!(faults, [LoginFault::CanBecome { login, role }], "{attribute}");
    }
}

#[tokio::test]
async fn making_a_login_again_takes_away_what_it_was_granted() {
    let db = TestDb::new().await;
    let login = format!("test_login_{}", Uuid::new_v4().simple());
    let mut superuser = db.connect_as_admin().await;
    xentri_migrations::ensure_server_login(&mut superuser, &login, "secret").await.unwrap();
    superuser
        .execute(AssertSqlSafe(format!("grant xentri_owner, pg_read_all_data to {login} with admin option")))
        .await
        .unwrap();
    xentri_migrations::ensure_server_login(&mut superuser, &login, "secret").await.unwrap();
    let roles: Vec<String> = sqlx::query_scalar(
        "select roleid::regrole::text from pg_auth_members where member = $1::regrole order by 1",
    )
    .bind(&login)
    .fetch_all(&mut superuser)
    .await
    .unwrap();
    superuser.execute(AssertSqlSafe(format!("drop role {login}"))).await.unwrap();
    let mut wanted = SERVER_ROLES;
    wanted.sort_unstable();
    assert_eq!(roles, wanted);
}

#[tokio::test]
async fn a_login_that_owns_a_sequence_is_refused() {
    let (login, faults) = faults_after("create sequence stray; alter sequence stray owner to {login}").await;
    assert_eq!(faults, [LoginFault::Owns { login, object: "sequence public.stray".to_owned() }]);
}

#[tokio::test]
async fn a_login_that_lacks_a_role_it_works_as_is_refused() {
    for role in SERVER_ROLES {
        let (login, faults) = faults_after(&format!("revoke {role} from {{login}}")).await;
        assert_eq!(faults, [LoginFault::CannotBecome { login, role: role.to_owned() }]);
    }
}

#[tokio::test]
async fn a_login_that_owns_a_table_is_refused() {
    let (login, faults) = faults_after("create table stray (); alter table stray owner to {login}").await;
    assert_eq!(faults, [LoginFault::Owns { login, object: "table public.stray".to_owned() }]);
}
