//! Running `xentri` and looking at it from outside.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use serde_json::Value;

/// Longer than anything takes here on a busy machine: only a hang reaches it.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// Of no secret at all.
pub(crate) const MASTER_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// A command line of `xentri` that sees none of this process's own settings.
pub(crate) fn xentri<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xentri"));
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars() {
        if name.starts_with("XENTRI_") || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command.env("XENTRI_LOG", "error");
    command
}

/// An address that nobody listens on, and nobody is given again. It is below 32768, where systems begin to take the ports of
/// outgoing connections from: none of those may get it before it is used.
pub(crate) fn free() -> String {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut ports = std::iter::repeat_with(|| rand::random_range(20_000..32_000));
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let port = ports.find(|port| is_free(port) && GIVEN.lock().unwrap().insert(*port)).unwrap();
    format!("127.0.0.1:{port}")
}

/// A command line of `xentri serve`, and where it will listen.
pub(crate) fn serving(database_url: &str, settings: &[(&str, &str)]) -> (Command, String) {
    let free = free();
    let mut command = xentri(["serve", "--listen", &free]);
    command.env("DATABASE_URL", database_url).env("XENTRI_MASTER_KEY", MASTER_KEY);
    command.envs(settings.iter().copied());
    (command, free)
}

/// Runs to the end and gives what was printed.
pub(crate) fn output(command: &mut Command) -> Output {
    let process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("xentri runs");
    let pid = process.id().to_string();
    let (ended, end) = std::sync::mpsc::channel();
    let watchdog = std::thread::spawn(move || {
        if end.recv_timeout(PATIENCE).is_err() {
            kill("INT", &pid);
        }
    });
    let output = process.wait_with_output().unwrap();
    // The watchdog may have gone already.
    let _ = ended.send(());
    watchdog.join().unwrap();
    output
}

/// The one line of a refusal; fails where there is more, or less, or success.
pub(crate) fn refusal(command: &mut Command) -> String {
    let output = output(command.env("XENTRI_LOG", "off"));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success(),
        "it should have been refused; stdout: {}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert_eq!(said.lines().count(), 1, "one line that says what and what to do, not:\n{said}");
    said.trim_end().to_owned()
}

/// Asks again and again until `look` sees it.
pub(crate) async fn eventually(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !look().await {
        assert!(begin.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A running `xentri` that printed its line of JSON.
pub(crate) struct Running {
    process: Child,
    pub(crate) ready: Value,
}

impl Running {
    pub(crate) fn up(data: &Path) -> Self {
        let data = data.to_str().unwrap();
        Self::start(&mut xentri(["up", "--listen", "127.0.0.1:0", "--json", "--data", data]))
    }

    pub(crate) fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().expect("xentri runs");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| {
            let status = process.wait();
            panic!("xentri did not become ready: {status:?}, it printed {line:?}")
        });
        Self { process, ready }
    }

    /// For a command that prints no line of JSON.
    pub(crate) fn detached(command: &mut Command) -> Self {
        Self { process: command.spawn().expect("xentri runs"), ready: Value::Null }
    }

    /// `serve` prints no address, so it is given a free one.
    pub(crate) async fn serve(database_url: &str, settings: &[(&str, &str)]) -> (Self, String) {
        let (command, address) = serving(database_url, settings);
        let running = Self::detached(&mut { command });
        let api = format!("http://{address}");
        eventually("serving", async || reqwest::get(format!("{api}/health")).await.is_ok()).await;
        (running, api)
    }

    pub(crate) fn api(&self) -> String {
        self.ready["api"].as_str().unwrap().to_owned()
    }

    pub(crate) fn database_url(&self) -> String {
        self.ready["database_url"].as_str().unwrap().to_owned()
    }

    pub(crate) fn signal(&self, signal: &str) {
        kill(signal, &self.process.id().to_string());
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn end(mut self) -> ExitStatus {
        self.ended().unwrap_or_else(|| panic!("not within {PATIENCE:?}: its end"))
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        let begin = Instant::now();
        loop {
            let ended = self.process.try_wait().unwrap();
            if ended.is_some() || begin.elapsed() > PATIENCE {
                return ended;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Running {
    /// A failing test leaves nothing behind either.
    fn drop(&mut self) {
        if self.process.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.signal("INT");
            if self.ended().is_none() {
                let _gone = self.process.kill();
                let _reaped = self.process.wait();
            }
        }
    }
}

pub(crate) fn kill(signal: &str, pid: &str) {
    let signal: Signal = format!("SIG{signal}").parse().unwrap();
    signal::kill(Pid::from_raw(pid.parse().unwrap()), signal).unwrap();
}

/// Processes that name `data` on their command line.
pub(crate) fn processes_of(data: &Path) -> Vec<String> {
    let data = data.to_str().unwrap();
    std::fs::read_dir("/proc")
        .unwrap()
        // A process may end while we look.
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
        .map(|arguments| String::from_utf8_lossy(&arguments).replace('\0', " "))
        .filter(|line| line.contains(data))
        .collect()
}

/// The process id of the private Postgres in `data`.
pub(crate) fn postgres_pid(data: &Path) -> String {
    let pid_file = std::fs::read_to_string(data.join("postgres/postmaster.pid")).unwrap();
    pid_file.lines().next().unwrap().to_owned()
}

/// A data directory that Postgres's own user can reach when the tests run as root.
pub(crate) fn data_dir() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    directory
}
