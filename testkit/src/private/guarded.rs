//! A Kafka that asks who you are, for tests of what happens then.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::kafka::jars;
use super::server::PrivateServer;

/// With a password each, see [`GuardedKafka::password`]. Those with a plus may do everything; the others have what ACLs give them.
const USERS: &[&str] = &["+admin", "+late", "xentri-operator", "xentri-relay", "xentri-worker"];

/// A real broker with two addresses: one where users come by TLS and SCRAM-SHA-512 and may do what they are allowed to, and one
/// where anybody may do everything.
pub struct GuardedKafka {
    server: PrivateServer,
    brokers: String,
    open_brokers: String,
    authority: PathBuf,
}

impl GuardedKafka {
    /// One for all tests of a process, since starting it takes seconds. It ends with the process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<GuardedKafka> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        let user = |user: &&str| format!("{user}:{}", Self::password(user.trim_start_matches('+')));
        let users = USERS.iter().map(user).collect::<Vec<_>>().join(" ");
        let settings = vec![("XENTRI_DEV_JARS", jars()), ("XENTRI_DEV_GUARDED", users)];
        let server = PrivateServer::new("kafka", settings);
        server.said(&["start"]);
        Self {
            brokers: server.variable("XENTRI_TEST_KAFKA_GUARDED"),
            open_brokers: server.variable("XENTRI_TEST_KAFKA"),
            authority: server.variable("XENTRI_TEST_KAFKA_AUTHORITY").into(),
            server,
        }
    }

    /// Of a user that is there from the start.
    pub fn password(user: &str) -> String {
        format!("{user}-password")
    }

    /// Where one says who one is. The certificate is of 127.0.0.1 and of no other name.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// Where anybody may do everything.
    pub fn open_brokers(&self) -> &str {
        &self.open_brokers
    }

    /// Who vouches for the broker: a file in PEM.
    pub fn authority(&self) -> &Path {
        &self.authority
    }

    /// Writes a file like [`authority`](Self::authority), of somebody whom the broker does not know.
    pub fn write_other_authority(&self, file: &Path) {
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Somebody else", "-keyout"])
            .args([&self.dir().join("somebody.key"), Path::new("-out"), file])
            .output()
            .expect("openssl is there: infra/dev/setup all");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// One of Kafka's own programs, by somebody who may do everything.
    pub fn tool(&self, class: &str, words: &[&str]) -> String {
        self.server.said(&[&["tool", class, "--bootstrap-server", &self.open_brokers], words].concat())
    }

    /// A place for files, gone with the broker.
    pub fn dir(&self) -> &Path {
        self.server.dir()
    }
}
