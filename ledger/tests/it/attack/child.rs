//! This test binary once more, as a process of its own: it can be stopped and killed like any server.

use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};

use super::{claims, keys, stopped};

/// What the child is to do, in words; a test that is run without it does nothing.
const TASK: &str = "XENTRI_TEST_CHILD";
/// Tells what a child says from what the test harness prints.
const MARK: &str = "child: ";

/// Killed with the value.
pub(crate) struct Child {
    process: tokio::process::Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Child {
    /// Returns when the child is ready to begin.
    pub(crate) async fn start(task: &[&str]) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "attack::child::a_process_of_its_own"])
            .env(TASK, task.join(" "))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut child = Self { process, input, output };
        assert_eq!(child.hear().await, "ready");
        child
    }

    /// Lets it begin.
    pub(crate) async fn go(&mut self) {
        self.input.write_all(b"go\n").await.unwrap();
    }

    /// The next thing that it says.
    pub(crate) async fn hear(&mut self) -> String {
        loop {
            let line = self.output.next_line().await.unwrap().expect("the child has more to say");
            if let Some(said) = line.strip_prefix(MARK) {
                return said.to_owned();
            }
        }
    }

    /// It gets no more time, but keeps all that it holds.
    pub(crate) fn stop(&self) {
        let pid = i32::try_from(self.process.id().unwrap()).unwrap();
        kill(Pid::from_raw(pid), Signal::SIGSTOP).unwrap();
    }
}

/// In the child: to whoever started it.
pub(crate) fn say(words: &str) {
    // The harness leaves its own line unfinished.
    println!("\n{MARK}{words}");
}

/// In the child: says that it is ready, and waits to be let go.
pub(crate) async fn ready() {
    say("ready");
    let line = tokio::task::spawn_blocking(|| std::io::stdin().lines().next());
    let line = line.await.unwrap().expect("whoever started this is gone").unwrap();
    assert_eq!(line, "go");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by other tests, in a process of its own"]
async fn a_process_of_its_own() {
    let task = std::env::var(TASK).unwrap_or_default();
    match task.split(' ').collect::<Vec<_>>()[..] {
        ["hold", url, shard] => stopped::hold(url, shard.parse().unwrap()).await,
        ["keys", url, org, lead] => keys::race(url, org, lead).await,
        ["claims", url, org, stream] => claims::race(url, org, stream).await,
        _ => {}
    }
}
