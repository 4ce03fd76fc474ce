//! A Kafka that a test may kill, or take the disk from.

use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use super::server::PrivateServer;
use crate::scripts::Script;

/// Without topics. Stopped and removed with the value.
pub struct PrivateKafka {
    server: PrivateServer,
    brokers: String,
}

impl PrivateKafka {
    pub fn start() -> Self {
        let server = PrivateServer::new("kafka", vec![("XENTRI_DEV_JARS", jars())]);
        server.said(&["start"]);
        let brokers = server.variable("XENTRI_TEST_KAFKA");
        Self { server, brokers }
    }

    /// `host:port`.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// `kill -9`: what it had acknowledged is in its log, as far as the system has that.
    pub fn kill(&self) {
        self.server.kill();
    }

    pub fn signal(&self, signal: Signal) {
        self.server.signal(signal);
    }

    /// On the same port, with the same data, if it has any.
    pub fn start_again(&self) {
        self.server.said(&["start"]);
    }

    /// Stopped, and its data gone: the next start finds no topics.
    pub fn lose_disk(&self) {
        self.server.said(&["reset"]);
    }

    /// How many messages every topic has in each partition that there is, by Kafka's own word.
    pub fn ends(&self) -> Vec<(String, i32, u64)> {
        let told = self.server.said(&["tool", "GetOffsetShell", "--bootstrap-server", &self.brokers]);
        let read = |line: &str| {
            let mut words = line.rsplitn(3, ':');
            let (end, partition) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            Some((words.next()?.to_owned(), partition, end))
        };
        told.lines().map(|line| read(line).unwrap_or_else(|| panic!("no offset: {line}"))).collect()
    }

    /// Kafka's own consumer, which prints so many messages of a topic from its beginning, each a line: partition,
    /// offset, headers (with commas between them) and value, with tabs between them.
    pub fn console_consumer(&self, topic: &str, messages: u64) -> Command {
        let messages = messages.to_string();
        let mut words = vec!["tool", "consumer.ConsoleConsumer", "--bootstrap-server", &self.brokers];
        words.extend(["--topic", topic, "--max-messages", &messages, "--from-beginning"]);
        words.extend(SHOWN.iter().flat_map(|shown| ["--property", *shown]));
        let mut command = self.server.command(&words);
        command.stdin(Stdio::null());
        command
    }
}

const SHOWN: [&str; 4] =
    ["print.partition=true", "print.offset=true", "print.headers=true", "print.value=true"];

/// Those of the Kafka that is there for all tests: fetching them takes a while.
pub(super) fn jars() -> String {
    Script::named("kafka").said(&["jars"]).trim().to_owned()
}
