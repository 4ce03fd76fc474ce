//! A server's script, told to keep everything in a directory that no other test has.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use crate::scripts::Script;

const LOOK: Duration = Duration::from_millis(10);

/// Waits for the end of its input, which comes when the test has ended in whatever way; then clears everything away.
const CLEAR_AWAY: &str =
    r#"trap '' INT TERM HUP; read -r _; "$0" reset; reset=$?; rm -rf "$XENTRI_DEV_DIR"; exit $reset"#;

const MOUNT_AND_START: &str = r#"mkdir -p "$1" && mount -t tmpfs -o "$2" tmpfs "$1" && exec "$0" start"#;

/// Stopped and removed with the value, or with the process.
pub(super) struct PrivateServer {
    script: Script,
    dir: PathBuf,
    clearer: Child,
}

impl PrivateServer {
    /// Not started yet.
    pub(super) fn new(name: &'static str, mut settings: Vec<(&'static str, String)>) -> Self {
        let dir = std::env::temp_dir().join(format!("xentri-test-{}", uuid::Uuid::new_v4().simple()));
        settings.push(("XENTRI_DEV_DIR", dir.to_str().expect("text").to_owned()));
        let script = Script { name, settings };
        let mut clearer = Command::new("sh");
        clearer.arg("-c").arg(CLEAR_AWAY).arg(script.path()).env("XENTRI_DEV_DIR", &dir);
        // Out of reach of the terminal's Ctrl-C.
        clearer.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { script, dir, clearer: clearer.spawn().expect("there is a shell") }
    }

    /// Started where a directory is a disk of so many megabytes, which is gone with the server. Nobody else sees it.
    pub(super) fn start_with_disk(&self, disk: &Path, megabytes: u32) {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", MOUNT_AND_START]).arg(self.script.path());
        command.arg(disk).arg(format!("size={megabytes}m,mode=0777"));
        command.envs(self.script.settings.iter().map(|(name, value)| (name, value)));
        let output = command.output().expect("unshare (util-linux) is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Where it keeps everything.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Of those that the script exports.
    pub(super) fn variable(&self, name: &str) -> String {
        self.script.variable(name)
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
        let status = self.said(&["status"]);
        let (_, rest) = status.split_once("process ").expect("it is running");
        let (pid, _) = rest.split_once(',').expect("a number");
        Pid::from_raw(pid.parse().expect("a number"))
    }

    /// What the script prints; it must succeed.
    pub(super) fn said(&self, words: &[&str]) -> String {
        self.script.said(words)
    }

    pub(super) fn command(&self, words: &[&str]) -> Command {
        self.script.command(words)
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        drop(self.clearer.stdin.take());
        let cleared = self.clearer.wait().is_ok_and(|status| status.success());
        // A second panic would hide what the test itself has to say.
        assert!(cleared || std::thread::panicking(), "a private {} could not be removed", self.script.name);
    }
}
