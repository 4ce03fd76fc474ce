//! A server's script, told to keep everything in a directory that no other test has.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

const LOOK: Duration = Duration::from_millis(10);

/// Waits for the end of its input, which comes when the test has ended in whatever way; then clears everything away.
const CLEAR_AWAY: &str =
    r#"trap '' INT TERM HUP; read -r _; "$0" reset; reset=$?; rm -rf "$XENTRI_DEV_DIR"; exit $reset"#;

/// Stopped and removed with the value, or with the process.
pub(super) struct PrivateServer {
    /// As its script is called.
    name: &'static str,
    dir: PathBuf,
    settings: Vec<(&'static str, String)>,
    clearer: Child,
}

impl PrivateServer {
    /// Not started yet.
    pub(super) fn new(name: &'static str, settings: Vec<(&'static str, String)>) -> Self {
        let dir = std::env::temp_dir().join(format!("xentri-test-{}", uuid::Uuid::new_v4().simple()));
        let mut clearer = Command::new("sh");
        clearer.arg("-c").arg(CLEAR_AWAY).arg(script(name)).env("XENTRI_DEV_DIR", &dir);
        // Out of reach of the terminal's Ctrl-C.
        clearer.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { name, dir, settings, clearer: clearer.spawn().expect("there is a shell") }
    }

    /// What the script exports: the server's address.
    pub(super) fn address(&self) -> String {
        let exports = self.script(&["env"]);
        exports.trim().split_once('=').expect("a variable").1.to_owned()
    }

    /// `kill -9`. Gone when this returns: the next start is to have its port again.
    pub(super) fn kill(&self) {
        self.signal(Signal::SIGKILL);
        while self.command(&["status"]).output().is_ok_and(|status| status.status.success()) {
            std::thread::sleep(LOOK);
        }
    }

    pub(super) fn signal(&self, signal: Signal) {
        signal::kill(self.pid(), signal).expect("it is ours");
    }

    fn pid(&self) -> Pid {
        let status = self.script(&["status"]);
        let (_, rest) = status.split_once("process ").expect("it is running");
        let (pid, _) = rest.split_once(',').expect("a number");
        Pid::from_raw(pid.parse().expect("a number"))
    }

    /// What the script prints; it must succeed.
    pub(super) fn script(&self, words: &[&str]) -> String {
        let mut command = self.command(words);
        let output = command.output().unwrap_or_else(|error| panic!("{command:?} can't be run: {error}"));
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "a private {} does not {words:?}:\n{complaint}", self.name);
        String::from_utf8(output.stdout).expect("the script prints text")
    }

    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(script(self.name));
        command.args(words).env("XENTRI_DEV_DIR", &self.dir);
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        drop(self.clearer.stdin.take());
        let cleared = self.clearer.wait().is_ok_and(|status| status.success());
        // A second panic would hide what the test itself has to say.
        assert!(cleared || std::thread::panicking(), "a private {} could not be removed", self.name);
    }
}

pub(super) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/dev").join(name)
}
