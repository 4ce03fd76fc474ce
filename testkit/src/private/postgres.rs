//! A Postgres that a test may crash.

use std::str::FromStr;

use nix::sys::signal::Signal;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Executor};

use super::server::PrivateServer;

const LOGIN: &str = "xentri_server";
const PASSWORD: &str = "test";

/// Migrated, with a login for servers. Stopped and removed with the value.
pub struct PrivatePostgres {
    pub(super) server: PrivateServer,
    admin: PgConnectOptions,
}

impl PrivatePostgres {
    pub async fn start() -> Self {
        // Whatever fails from here on takes the server down with it.
        let server = PrivateServer::new("postgres", Vec::new());
        server.said(&["start"]);
        Self::of(server).await
    }

    /// Of one that is up.
    pub(super) async fn of(server: PrivateServer) -> Self {
        let admin = PgConnectOptions::from_str(&server.variable("XENTRI_TEST_POSTGRES")).expect("a URL");
        let mut postgres = admin.connect().await.expect("it is up");
        postgres.execute("create database xentri").await.expect("a fresh cluster has none");
        let private = Self { server, admin: admin.database("xentri") };
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
        self.server.signal(Signal::SIGQUIT);
        // Waits until it is gone.
        self.server.said(&["stop"]);
    }

    /// `kill -9` of the process that has all others: those end when they notice, or by the next start at the latest.
    pub fn kill(&self) {
        self.server.kill();
    }

    /// To the process that has all others, and to it alone.
    pub fn signal(&self, signal: Signal) {
        self.server.signal(signal);
    }

    /// On the same port, with the same data.
    pub fn start_again(&self) {
        self.server.said(&["start"]);
    }
}
