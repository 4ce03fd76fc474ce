//! A Kafka of a test's own, by the scripts in `infra/dev/`, for tests that take its disk.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Stopped and removed with the value.
pub(super) struct PrivateKafka {
    dir: TempDir,
}

impl PrivateKafka {
    pub(super) fn start() -> Self {
        let kafka = Self { dir: tempfile::tempdir().unwrap() };
        kafka.start_again();
        kafka
    }

    /// `host:port`: the same after every start.
    pub(super) fn brokers(&self) -> String {
        self.script("env").trim().split_once('=').unwrap().1.to_owned()
    }

    pub(super) fn start_again(&self) {
        self.script("start");
    }

    /// Stopped, and its data gone: the next start finds no topics.
    pub(super) fn lose_disk(&self) {
        self.script("reset");
    }

    fn script(&self, word: &str) -> String {
        let output = dev_command("kafka", self.dir.path()).arg(word).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "infra/dev/kafka {word}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for PrivateKafka {
    fn drop(&mut self) {
        let reset = dev_command("kafka", self.dir.path()).arg("reset").output();
        // A second panic would hide what the test itself has to say.
        assert!(reset.is_ok_and(|reset| reset.status.success()) || std::thread::panicking());
    }
}

/// One of the scripts, with everything but the jars in a directory of its own.
pub(super) fn dev_command(script: &str, dev: &Path) -> Command {
    let mut command = Command::new(infra().join(script));
    command.env("XENTRI_DEV_DIR", dev).env("XENTRI_DEV_JARS", jars());
    command
}

/// Those of the Kafka that is there for all tests: fetching them takes a while.
fn jars() -> String {
    let find = ". ./lib.sh && . ./programs.sh && echo \"$kafka_cache\"";
    let found = Command::new("bash").args(["-c", find]).current_dir(infra()).output().unwrap();
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    String::from_utf8(found.stdout).unwrap().trim().to_owned()
}

fn infra() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/dev")
}
