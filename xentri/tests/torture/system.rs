//! What is tortured: a Postgres, a Kafka, and processes of every role, each in a form that can be killed and started again.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tempfile::TempDir;
use tokio::task::{JoinHandle, spawn_blocking};
use xentri_testkit::{PrivateKafka, PrivatePostgres};

use crate::parts::{Part, Role};
use crate::process::{MASTER_KEY, data_dir, eventually, output, xentri};
use crate::supervised::Supervised;

/// How often a supervisor looks whether all are alive.
const LOOK: Duration = Duration::from_millis(200);

/// Ends with the value, the processes first.
pub(crate) struct System {
    tending: JoinHandle<()>,
    processes: Arc<Vec<(Role, Supervised)>>,
    /// Where the APIs are.
    pub(crate) doors: Arc<[String]>,
    /// A superuser's, which comes back by itself after an outage.
    pub(crate) admin: PgPool,
    pub(crate) postgres: Arc<PrivatePostgres>,
    pub(crate) kafka: Arc<PrivateKafka>,
    data: TempDir,
}

impl System {
    /// All of it, with topics, and both APIs ready.
    pub(crate) async fn start() -> Self {
        let kafka = spawn_blocking(PrivateKafka::start);
        let postgres = PrivatePostgres::start().await;
        let kafka = kafka.await.unwrap();
        let data = data_dir();
        // What `xentri token` and the servers share.
        std::fs::write(data.path().join("development.key"), "a key of the tests, of no secret at all")
            .unwrap();
        let settings = settings(&postgres.server_url(), kafka.brokers(), data.path());
        let applied = output(xentri(["topics", "apply"]).envs(settings.iter().cloned()));
        assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
        let ports: Vec<u16> = (0..Role::Api.processes()).map(|_| free_port()).collect();
        let processes: Vec<_> = Role::ALL
            .into_iter()
            .flat_map(|role| (0..role.processes()).map(move |number| (role, number)))
            .map(|(role, number)| (role, supervised(role, number, data.path(), &settings, &ports)))
            .collect();
        let processes = Arc::new(processes);
        processes.iter().for_each(|(_, process)| process.start());
        let admin = PgPoolOptions::new().max_connections(2).acquire_timeout(Duration::from_secs(5));
        let system = Self {
            tending: tokio::spawn(tend(processes.clone())),
            processes,
            doors: ports.iter().map(|port| format!("http://127.0.0.1:{port}")).collect(),
            admin: admin.connect_lazy(&postgres.admin_url()).unwrap(),
            postgres: Arc::new(postgres),
            kafka: Arc::new(kafka),
            data,
        };
        for door in &*system.doors {
            answers(&format!("{door}/health/ready")).await;
        }
        system
    }

    /// `kill -9`.
    pub(crate) async fn kill(&self, part: Part) {
        match part {
            Part::Process(role, number) => self.process(role, number).kill(),
            Part::Postgres => on_server(&self.postgres, PrivatePostgres::kill).await,
            Part::Kafka => on_server(&self.kafka, PrivateKafka::kill).await,
        }
    }

    /// Every session of Postgres ends where it stands; gone when this returns.
    pub(crate) async fn crash_postgres(&self) {
        on_server(&self.postgres, PrivatePostgres::crash).await;
    }

    /// After a kill. A server is up when this returns, an API answers; of the others nobody can tell.
    pub(crate) async fn start_again(&self, part: Part) {
        match part {
            Part::Process(role, number) => self.process(role, number).start(),
            Part::Postgres => on_server(&self.postgres, PrivatePostgres::start_again).await,
            Part::Kafka => on_server(&self.kafka, PrivateKafka::start_again).await,
        }
        if let Part::Process(Role::Api, number) = part {
            answers(&format!("{}/health", self.doors[number])).await;
        }
    }

    /// It says nothing any more, and none of its connections ends.
    pub(crate) fn freeze(&self, part: Part) {
        self.signal(part, Signal::SIGSTOP);
    }

    pub(crate) fn thaw(&self, part: Part) {
        self.signal(part, Signal::SIGCONT);
    }

    fn signal(&self, part: Part, signal: Signal) {
        match part {
            Part::Process(role, number) => self.process(role, number).signal(signal),
            Part::Postgres => self.postgres.signal(signal),
            Part::Kafka => self.kafka.signal(signal),
        }
    }

    /// Asks all processes to end; whatever was not as it should be.
    pub(crate) fn stop(&self) -> Vec<String> {
        self.tending.abort();
        self.processes.iter().for_each(|(_, process)| process.ask_to_end());
        let faults = self.processes.iter().filter_map(|(_, process)| {
            let status = process.wait_for_end();
            (!status.success()).then(|| format!("{} did not end in order: {status}", process.name))
        });
        faults.collect()
    }

    /// A token of somebody who may do everything in that org, for as long as any test lasts.
    pub(crate) fn token(&self, org: &str) -> String {
        self.signed(&["--org", org, "--role", "owner"])
    }

    /// Of one that makes orgs.
    pub(crate) fn service_token(&self) -> String {
        self.signed(&["--service", "importer"])
    }

    fn signed(&self, words: &[&str]) -> String {
        let data = self.data.path().to_str().unwrap();
        let mut token = xentri(["token", "--data", data, "--ttl", "7d"]);
        let made = output(token.args(words));
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }

    /// Of processes that ended without being asked to.
    pub(crate) fn ended(&self) -> Vec<String> {
        self.processes.iter().flat_map(|(_, process)| process.ended()).collect()
    }

    /// Lines of any process's log in which it owns up to a fault of its own.
    pub(crate) fn panics(&self) -> Vec<String> {
        let panics = |process: &Supervised| {
            let log = process.log();
            let lines = log.lines().filter(|line| line.contains("panicked"));
            lines.map(|line| format!("{} {line}", process.name)).collect::<Vec<_>>()
        };
        self.processes.iter().flat_map(|(_, process)| panics(process)).collect()
    }

    /// The last lines of every log, for whoever has to find out what went wrong.
    pub(crate) fn last_words(&self) -> String {
        let words = |(_, process): &(Role, Supervised)| {
            let log = process.log();
            let lines: Vec<_> = log.lines().rev().take(8).collect();
            let lines: Vec<_> = lines.into_iter().rev().collect();
            format!("--- {} said last:\n{}\n", process.name, lines.join("\n"))
        };
        self.processes.iter().map(words).collect()
    }

    fn process(&self, role: Role, number: usize) -> &Supervised {
        let mut of_role = self.processes.iter().filter(|(found, _)| *found == role);
        &of_role.nth(number).expect("there are so many").1
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.tending.abort();
        // Before their servers, and also where somebody still holds on to them.
        self.processes.iter().for_each(|(_, process)| process.kill());
    }
}

type Setting = (&'static str, String);

fn settings(database_url: &str, brokers: &str, data: &Path) -> Vec<Setting> {
    let key = data.join("development.key").to_str().unwrap().to_owned();
    vec![
        ("DATABASE_URL", database_url.to_owned()),
        ("XENTRI_MASTER_KEY", MASTER_KEY.to_owned()),
        ("XENTRI_ENVIRONMENT", "local".to_owned()),
        ("XENTRI_AUTH_DEVELOPMENT_KEY", key),
        ("XENTRI_KAFKA_BROKERS", brokers.to_owned()),
        ("XENTRI_RATE_LIMIT_PER_ORG", "0".to_owned()),
        ("XENTRI_RATE_LIMIT_FAILED_AUTHENTICATIONS", "0".to_owned()),
        ("XENTRI_LOG", "warn".to_owned()),
    ]
}

fn supervised(role: Role, number: usize, data: &Path, settings: &[Setting], ports: &[u16]) -> Supervised {
    let name = format!("{} {}", role.as_str(), number + 1);
    let log = data.join(format!("{name}.log"));
    let mut settings = settings.to_vec();
    if role == Role::Api {
        settings.push(("XENTRI_LISTEN", format!("127.0.0.1:{}", ports[number])));
    }
    Supervised::new(name, log, move || {
        let mut command: Command = xentri(role.words().iter().copied());
        command.envs(settings.iter().cloned());
        command
    })
}

/// Below 32768, where systems begin to take the ports of outgoing connections from: an API has to get it again.
fn free_port() -> u16 {
    let ports = std::iter::repeat_with(|| rand::random_range(20_000..32_000));
    let mut free = ports.filter(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().unwrap()
}

async fn tend(processes: Arc<Vec<(Role, Supervised)>>) {
    loop {
        tokio::time::sleep(LOOK).await;
        processes.iter().for_each(|(_, process)| process.tend());
    }
}

async fn answers(url: &str) {
    eventually(url, async || reqwest::get(url).await.is_ok_and(|answer| answer.status() == 200)).await;
}

/// The scripts wait for what they do.
async fn on_server<S: Send + Sync + 'static>(server: &Arc<S>, act: fn(&S)) {
    let server = server.clone();
    spawn_blocking(move || act(&server)).await.unwrap();
}
