//! A Postgres of a test's own, for tests that crash it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Executor};

const LOGIN: &str = "xentri_server";
const PASSWORD: &str = "test";

/// Migrated, with a login for servers. Stopped and removed with the value.
pub struct PrivatePostgres {
    dir: PathBuf,
    admin: PgConnectOptions,
}

impl PrivatePostgres {
    pub async fn start() -> Self {
        let dir = std::env::temp_dir().join(format!("xentri-test-{}", uuid::Uuid::new_v4().simple()));
        // Whatever fails from here on takes the server down with it.
        let mut private = Self { dir, admin: PgConnectOptions::new() };
        private.start_again();
        let exports = script(&private.dir, "env");
        let url = exports.trim().split_once('=').expect("a variable").1;
        private.admin = PgConnectOptions::from_str(url).expect("a URL");
        let mut postgres = private.admin.connect().await.expect("it is up");
        postgres.execute("create database xentri").await.expect("a fresh cluster has none");
        private.admin = private.admin.clone().database("xentri");
        xentri_migrations::migrate(&private.admin_url(), |_| {}).await.expect("a fresh database migrates");
        xentri_migrations::ensure_server_login(&mut postgres, LOGIN, PASSWORD)
            .await
            .expect("a superuser may");
        private
    }

    /// The superuser's URL.
    pub fn admin_url(&self) -> String {
        self.admin.to_url_lossy().to_string()
    }

    /// The URL of the login that servers use.
    pub fn server_url(&self) -> String {
        self.admin.clone().username(LOGIN).password(PASSWORD).to_url_lossy().to_string()
    }

    /// As `pg_ctl stop -m immediate`: every session ends where it stands, and the next start recovers from the log.
    pub fn crash(&self) {
        let status = script(&self.dir, "status");
        let (_, rest) = status.split_once("process ").expect("it is running");
        let (pid, _) = rest.split_once(',').expect("a number");
        let pid = nix::unistd::Pid::from_raw(pid.parse().expect("a number"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGQUIT).expect("it is ours");
        // Waits until it is gone.
        script(&self.dir, "stop");
    }

    /// On the same port, with the same data.
    pub fn start_again(&self) {
        script(&self.dir, "start");
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        let reset = run(&self.dir, "reset").status.success();
        let _gone = std::fs::remove_dir_all(&self.dir);
        // A second panic would hide what the test itself has to say.
        assert!(reset || std::thread::panicking(), "a private Postgres could not be removed");
    }
}

fn script(dir: &Path, verb: &str) -> String {
    let output = run(dir, verb);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "a private Postgres does not {verb}:\n{complaint}");
    String::from_utf8(output.stdout).expect("the script prints text")
}

fn run(dir: &Path, verb: &str) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/dev/postgres");
    let output = Command::new(&script).arg(verb).env("XENTRI_DEV_DIR", dir).output();
    output.unwrap_or_else(|error| panic!("{} can't be run: {error}", script.display()))
}
