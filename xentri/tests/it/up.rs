//! `xentri up` on a private Postgres: it comes up, it goes without a trace, it survives being killed.

use sqlx::{Connection, PgConnection};

use crate::process::{
    Running, data_dir, eventually, kill, output, postgres_pid, processes_of, refusal, xentri,
};

#[tokio::test]
async fn an_empty_directory_becomes_a_ready_system_that_leaves_nothing_running() {
    let data = data_dir();
    let xentri = Running::up(data.path());
    let answer = reqwest::get(format!("{}/health/ready", xentri.api())).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.text().await.unwrap(),
        r#"{"status":"ready","postgres":"reachable","appenders":"alive"}"#
    );
    let alive = reqwest::get(format!("{}/health", xentri.api())).await.unwrap();
    assert_eq!(alive.text().await.unwrap(), r#"{"status":"alive"}"#);
    assert!(!processes_of(data.path()).is_empty());

    let api = xentri.api();
    xentri.signal("INT");
    assert!(xentri.end().success());
    assert_eq!(processes_of(data.path()), Vec::<String>::new());
    assert!(reqwest::get(format!("{api}/health")).await.unwrap_err().is_connect());
}

#[tokio::test]
async fn the_data_and_the_address_of_the_database_survive_a_restart() {
    let data = data_dir();
    let first = Running::up(data.path());
    let url = first.database_url();
    first.signal("TERM");
    assert!(first.end().success());
    let second = Running::up(data.path());
    assert_eq!(second.database_url(), url);
}

#[tokio::test]
async fn a_second_one_on_the_same_directory_is_refused() {
    let data = data_dir();
    let running = Running::up(data.path());
    let path = data.path().to_str().unwrap();
    let said = refusal(&mut xentri(["up", "--listen", "127.0.0.1:0", "--data", path]));
    assert_eq!(
        said,
        format!("xentri: another `xentri up` runs on {path}; stop it, or name another directory with --data")
    );
    assert_eq!(reqwest::get(format!("{}/health/ready", running.api())).await.unwrap().status(), 200);
}

#[tokio::test]
async fn after_a_kill_the_next_one_ends_the_orphaned_postgres_and_comes_up() {
    let data = data_dir();
    let killed = Running::up(data.path());
    let orphan = postgres_pid(data.path());
    killed.signal("KILL");
    assert!(!killed.end().success());
    assert!(!processes_of(data.path()).is_empty(), "Postgres outlives its parent");

    let next = Running::up(data.path());
    assert_ne!(postgres_pid(data.path()), orphan);
    assert_eq!(reqwest::get(format!("{}/health/ready", next.api())).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_pid_file_whose_process_is_somebody_elses_harms_nobody() {
    let data = data_dir();
    let first = Running::up(data.path());
    first.signal("KILL");
    let postgres = postgres_pid(data.path());
    first.end();
    kill("QUIT", &postgres);
    eventually("Postgres ends", async || processes_of(data.path()).is_empty()).await;
    // The file now names this very test, as it would after the pid was used again.
    let pid_file = data.path().join("postgres/postmaster.pid");
    let stale = format!("{}\n{}\n", std::process::id(), data.path().join("postgres").display());
    std::fs::write(&pid_file, stale).unwrap();

    let next = Running::up(data.path());
    assert_eq!(reqwest::get(format!("{}/health/ready", next.api())).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_postgres_that_dies_is_started_again() {
    let data = data_dir();
    let xentri = Running::up(data.path());
    let dead = postgres_pid(data.path());
    kill("KILL", &dead);
    let ready = format!("{}/health/ready", xentri.api());
    eventually("ready again, on another Postgres", async || {
        reqwest::get(&ready).await.unwrap().status() == 200
            && std::fs::exists(data.path().join("postgres/postmaster.pid")).unwrap()
            && postgres_pid(data.path()) != dead
    })
    .await;
}

#[tokio::test]
async fn the_printed_database_shows_no_event_to_the_app_without_an_org() {
    let data = data_dir();
    let xentri = Running::up(data.path());
    let mut server = PgConnection::connect(&xentri.database_url()).await.unwrap();
    let refused = sqlx::query("select count(*) from public.event").execute(&mut server).await.unwrap_err();
    assert!(
        refused.to_string().contains("permission denied"),
        "the login has no right of its own: {refused}"
    );
    sqlx::query("set role xentri_app").execute(&mut server).await.unwrap();
    let events: i64 = sqlx::query_scalar("select count(*) from event").fetch_one(&mut server).await.unwrap();
    assert_eq!(events, 0);
}

#[test]
fn postgres_inherits_no_variable_that_may_be_a_secret() {
    let data = data_dir();
    let path = data.path().to_str().unwrap();
    let mut up = xentri(["up", "--listen", "127.0.0.1:0", "--json", "--data", path]);
    let _running = Running::start(up.env("SOME_TOKEN", "hunter2"));
    let variables = std::fs::read(format!("/proc/{}/environ", postgres_pid(data.path()))).unwrap();
    let variables = String::from_utf8_lossy(&variables);
    assert!(variables.contains("PATH=") && !variables.contains("hunter2"), "{variables}");
}

#[test]
fn secrets_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let data = data_dir();
    drop(Running::up(data.path()));
    let names = [
        "development.key",
        "master.key",
        "postgres-server.password",
        "postgres-superuser.password",
        "postgres.log",
    ];
    for name in names {
        let mode = std::fs::metadata(data.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn the_help_names_every_setting_and_its_variable() {
    let help = String::from_utf8(output(&mut xentri(["up", "--help"])).stdout).unwrap();
    for name in [
        "XENTRI_CONFIG",
        "XENTRI_LISTEN",
        "XENTRI_DATA",
        "DATABASE_URL",
        "XENTRI_MIGRATE_URL",
        "XENTRI_POSTGRES_BIN",
        "XENTRI_LOG",
    ] {
        assert!(help.contains(name), "{name} is missing in:\n{help}");
    }
}
