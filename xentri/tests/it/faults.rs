//! What can be wrong before `xentri up` is up: one line that says what and what to do, and nothing left behind.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use sqlx::Executor;
use xentri_testkit::TestDb;

use crate::process::{Running, data_dir, processes_of, refusal, serving, xentri};

fn up_on(data: &Path) -> std::process::Command {
    xentri(["up", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()])
}

/// A directory of programs in which `postgres` says it is of another version.
fn programs_of_version(version: &str) -> tempfile::TempDir {
    let programs = tempfile::tempdir().unwrap();
    for name in ["postgres", "initdb"] {
        let path = programs.path().join(name);
        fs::write(&path, format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    programs
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = data_dir();
    let said = refusal(&mut xentri(["up", "--listen", &address, "--data", data.path().to_str().unwrap()]));
    assert!(
        said.starts_with(&format!("xentri: can't listen on {address}; name a free address with --listen")),
        "{said}"
    );
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0, "nothing was begun");
}

#[test]
fn a_missing_postgres_is_named_with_what_to_install() {
    let (data, empty) = (data_dir(), data_dir());
    let said = refusal(up_on(data.path()).arg("--postgres-bin").arg(empty.path()));
    assert!(said.starts_with("xentri: Postgres 15 or newer is needed, found none in "), "{said}");
    assert!(said.contains("apt install postgresql"), "{said}");
}

#[test]
fn an_old_postgres_is_named_with_its_version() {
    let (data, old) = (data_dir(), programs_of_version("14.11"));
    let said = refusal(up_on(data.path()).arg("--postgres-bin").arg(old.path()));
    assert!(said.starts_with("xentri: Postgres 15 or newer is needed, found 14.11 in "), "{said}");
}

#[test]
fn data_of_another_version_is_left_alone() {
    let data = data_dir();
    drop(Running::up(data.path()));
    let other = programs_of_version("99.1");
    let said = refusal(up_on(data.path()).arg("--postgres-bin").arg(other.path()));
    assert!(said.contains("the data directory belongs to Postgres"), "{said}");
    assert!(said.contains("found 99.1; install Postgres"), "{said}");
    drop(Running::up(data.path()));
}

#[test]
fn a_place_that_can_t_be_written_is_named() {
    let data = data_dir();
    let file = data.path().join("file");
    fs::write(&file, "").unwrap();
    let said = refusal(&mut up_on(&file.join("data")));
    assert!(said.starts_with(&format!("xentri: can't make {}", file.join("data").display())), "{said}");
    assert!(said.contains("name a writable directory with --data"), "{said}");
}

#[test]
fn a_postgres_that_does_not_start_is_quoted_and_gone() {
    let data = data_dir();
    drop(Running::up(data.path()));
    let settings = data.path().join("postgres/postgresql.conf");
    let sound = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("{sound}\nno_such_setting = 1\n")).unwrap();
    let said = refusal(&mut up_on(data.path()));
    assert!(said.starts_with("xentri: Postgres did not start"), "{said}");
    assert!(said.contains("postgres.log"), "{said}");
    assert_eq!(processes_of(data.path()), Vec::<String>::new());
}

#[test]
fn a_password_that_is_wrong_is_told_at_once() {
    let data = data_dir();
    drop(Running::up(data.path()));
    fs::write(data.path().join("postgres-superuser.password"), "another").unwrap();
    let said = refusal(&mut up_on(data.path()));
    assert!(said.contains("Postgres started but lets nobody in"), "{said}");
    assert!(said.contains("password authentication failed"), "{said}");
    assert_eq!(processes_of(data.path()), Vec::<String>::new());
}

#[test]
fn an_initdb_that_fails_leaves_no_half_made_data() {
    let data = data_dir();
    let programs = programs_of_version("15.1");
    fs::write(programs.path().join("initdb"), "#!/bin/sh\necho 'initdb: error: no space left' >&2\nexit 1\n")
        .unwrap();
    fs::set_permissions(programs.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let said = refusal(up_on(data.path()).arg("--postgres-bin").arg(programs.path()));
    assert_eq!(said, "xentri: initdb failed: initdb: error: no space left");
    let left: Vec<_> = fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("postgres.")), "{left:?}");
}

#[test]
fn an_unreachable_database_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://me:hunter2@{free}/x");
    let said = refusal(xentri(["up", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", url));
    assert!(said.starts_with(&format!("xentri: Postgres at {free} can't be reached")), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_superuser_may_not_serve() {
    let db = TestDb::new().await;
    let said = refusal(&mut serving(&db.admin_url(), &[]).0);
    assert!(said.contains("is a superuser, to whom row-level security does not apply"), "{said}");
}

#[tokio::test]
async fn a_half_finished_migration_is_named() {
    let db = TestDb::new().await;
    db.connect_as_admin().await.execute("update _sqlx_migrations set success = false").await.unwrap();
    let mut up = xentri(["up", "--listen", "127.0.0.1:0"]);
    let said = refusal(up.env("DATABASE_URL", db.server_url()).env("XENTRI_MIGRATE_URL", db.admin_url()));
    assert!(said.contains("was left half finished; undo what it did"), "{said}");
}

#[tokio::test]
async fn a_database_without_the_schema_is_not_taken_for_ready() {
    let migrated = TestDb::new().await;
    let db = TestDb::empty().await;
    let said = refusal(xentri(["up", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", db.server_url()));
    assert!(said.contains("migrations; run `xentri migrate`, or set XENTRI_MIGRATE_URL"), "{said}");
    drop(migrated);
}
