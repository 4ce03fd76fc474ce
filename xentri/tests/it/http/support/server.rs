//! A server that believes the tests' own issuers, on a database of its own.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Weak};

use serde_json::json;
use sqlx::PgConnection;
use tempfile::TempDir;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use uuid::Uuid;
use xentri_testkit::TestDb;

use super::caller::Caller;
use super::keys::{AUDIENCE, Key, SERVICES, USERS, claims, jwks, service_claims};
use crate::process::{Running, eventually, serving};

/// Tests are no crowd, and how long things take is not the question where they run side by side.
const PATIENT: [(&str, &str); 3] = [
    ("XENTRI_RATE_LIMIT_PER_ORG", "0"),
    ("XENTRI_RATE_LIMIT_FAILED_AUTHENTICATIONS", "0"),
    ("XENTRI_COMMANDS_DEADLINE", "20s"),
];

/// So many tests at once have servers of their own, of which each has a part of the test Postgres's connections.
static PLACES: Semaphore = Semaphore::const_new(4);

/// Ends with the value, and fails the test when the server has logged an error: a panic is one.
pub(crate) struct Server {
    pub(crate) api: String,
    running: Option<Running>,
    directory: TempDir,
    database_url: String,
    /// None where the test brings one.
    db: Option<Arc<TestDb>>,
    /// Errors are part of what is tested.
    may_fail: bool,
    /// None for the second of a test, which could wait for ever.
    place: Option<SemaphorePermit<'static>>,
}

impl Server {
    /// One for all tests that run at the same time and do it no harm.
    pub(crate) async fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Server>> = Mutex::const_new(Weak::new());
        let mut shared = SHARED.lock().await;
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let db = Arc::new(TestDb::new().await);
        let server = Self::start(&db.server_url(), &[], None).await.keeping(Some(db));
        let server = Arc::new(server);
        *shared = Arc::downgrade(&server);
        server
    }

    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let db = Arc::new(TestDb::new().await);
        Self::on(&db.server_url(), settings).await.keeping(Some(db))
    }

    /// On a database that the test brings, and may take away.
    pub(crate) async fn on(database_url: &str, settings: &[(&str, &str)]) -> Self {
        Self::start_in_turn(database_url, settings, None).await
    }

    /// Whose users' keys are at that address.
    pub(crate) async fn with_keys_at(url: &str) -> Self {
        let db = Arc::new(TestDb::new().await);
        Self::start_in_turn(&db.server_url(), &[], Some(url)).await.keeping(Some(db))
    }

    async fn start_in_turn(database_url: &str, settings: &[(&str, &str)], keys_at: Option<&str>) -> Self {
        let place = PLACES.acquire().await.unwrap();
        let mut server = Self::start(database_url, settings, keys_at).await;
        server.place = Some(place);
        server
    }

    async fn start(database_url: &str, settings: &[(&str, &str)], keys_at: Option<&str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("xentri.toml");
        fs::write(&config, configuration(directory.path(), keys_at)).unwrap();
        let (mut command, address) = serving(database_url, &PATIENT);
        command.env("XENTRI_CONFIG", &config).envs(settings.iter().copied());
        let server = Self::launch(command, &address, database_url, directory);
        eventually("serving", async || {
            reqwest::get(format!("{}/health/ready", server.api))
                .await
                .is_ok_and(|answer| answer.status() == 200)
        })
        .await;
        server
    }

    fn launch(mut command: Command, address: &str, database_url: &str, directory: TempDir) -> Self {
        command.stderr(File::create(directory.path().join("log")).unwrap());
        let running = Some(Running::detached(&mut command));
        let (api, database_url) = (format!("http://{address}"), database_url.to_owned());
        Self { api, running, directory, database_url, db: None, may_fail: false, place: None }
    }

    /// The API without what happens behind it, so that it is not ready: somebody else has to keep the read models.
    pub(crate) async fn alone() -> Self {
        let (db, directory) = (Arc::new(TestDb::new().await), tempfile::tempdir().unwrap());
        let config = directory.path().join("xentri.toml");
        fs::write(&config, configuration(directory.path(), None)).unwrap();
        let (mut command, address) = serving(&db.server_url(), &PATIENT);
        command.arg("--alone").env("XENTRI_CONFIG", &config);
        let server = Self::launch(command, &address, &db.server_url(), directory).keeping(Some(db));
        eventually("serving", async || reqwest::get(format!("{}/health", server.api)).await.is_ok()).await;
        server
    }

    /// Another process on the same database.
    pub(crate) async fn another(&self) -> Self {
        self.another_with(&[]).await
    }

    pub(crate) async fn another_with(&self, settings: &[(&str, &str)]) -> Self {
        Self::start(&self.database_url, settings, None).await.keeping(self.db.clone())
    }

    fn keeping(mut self, db: Option<Arc<TestDb>>) -> Self {
        self.db = db;
        self
    }

    pub(crate) fn may_fail(mut self) -> Self {
        self.may_fail = true;
        self
    }

    /// The owner of a new org.
    pub(crate) async fn owner(&self) -> Caller {
        self.owner_with(&format!("org_{}", Uuid::new_v4().simple())).await
    }

    pub(crate) async fn owner_with(&self, external_id: &str) -> Caller {
        let bakery = json!({ "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es",
            "external_id": external_id });
        let org = self.service("importer").make("/core/orgs", &bakery).await;
        self.user(&org, "owner", "ada")
    }

    pub(crate) fn user(&self, org: &str, role: &str, sub: &str) -> Caller {
        Caller::new(&self.api, Key::of_users().sign(&claims(org, role, sub)), org)
    }

    /// One that may do everything, in no org.
    pub(crate) fn service(&self, name: &str) -> Caller {
        Caller::new(&self.api, Key::of_services().sign(&service_claims(name)), "")
    }

    pub(crate) fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The login that migrates it.
    pub(crate) fn admin_url(&self) -> String {
        self.db.as_ref().expect("a test that brings a database has its URL").admin_url()
    }

    pub(crate) async fn database(&self) -> PgConnection {
        self.db.as_ref().expect("a test that brings a database has its URL").connect_as_admin().await
    }

    pub(crate) fn signal(&self, signal: &str) {
        self.running().signal(signal);
    }

    /// Waits until it has ended.
    pub(crate) fn end(&mut self) -> std::process::ExitStatus {
        self.running.take().expect("it ends once").end()
    }

    /// In KB.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.running().pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap()
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("it runs")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.running.take());
        let log = self.log();
        // A second panic would hide what the test itself has to say.
        if std::thread::panicking() {
            eprintln!("the server's log:\n{log}");
        } else {
            assert!(self.may_fail || log.is_empty(), "the server has logged errors:\n{log}");
        }
    }
}

/// Written into `directory`, with the keys that it names.
fn configuration(directory: &Path, keys_at: Option<&str>) -> String {
    let file = |name: &str, key| {
        let file = directory.join(name);
        fs::write(&file, jwks(&[key])).unwrap();
        format!("jwks_file = '{}'", file.display())
    };
    let users = keys_at.map_or_else(|| file("users", Key::of_users()), |url| format!("jwks_url = {url:?}"));
    let services = file("services", Key::of_services());
    format!(
        "environment = 'local'\n\
         [[auth.issuer]]\nname = '{USERS}'\naudience = '{AUDIENCE}'\nactor = 'user'\n{users}\n\
         [[auth.issuer]]\nname = '{SERVICES}'\naudience = '{AUDIENCE}'\nactor = 'system'\n\
         grants = ['*', 'platform:*']\n{services}\n"
    )
}
