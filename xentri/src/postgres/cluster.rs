//! The files of the private Postgres: made once, opened by one process at a time.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::process::Command;

use super::process::{gravest_line, signal_and_wait};
use super::programs::Programs;
use super::run_as::RunAs;
use crate::data_dir::write_private;

pub(super) struct Cluster {
    pub(super) programs: Programs,
    pub(super) run_as: Option<RunAs>,
    pub(super) log: PathBuf,
    directory: PathBuf,
    port_file: PathBuf,
}

impl Cluster {
    /// Finds the programs that fit what is there; touches nothing yet.
    pub(super) fn open(data: &Path, programs: Option<&Path>, run_as: Option<RunAs>) -> anyhow::Result<Self> {
        let directory = data.join("postgres");
        let made_by = match fs::read_to_string(directory.join("PG_VERSION")) {
            Ok(version) => Some(version.trim().parse().with_context(|| {
                format!("{} is no Postgres data directory; name another with --data", directory.display())
            })?),
            Err(_) => None,
        };
        let programs = Programs::find(programs, made_by)?;
        Ok(Self {
            programs,
            run_as,
            log: data.join("postgres.log"),
            directory,
            port_file: data.join("postgres.port"),
        })
    }

    /// A process that was killed leaves its Postgres behind. The data directory's lock is ours, so nobody needs that
    /// one any more: it is ended in order, and what it had committed is found again.
    pub(super) async fn end_orphan(&self) -> anyhow::Result<()> {
        let Ok(pid_file) = fs::read_to_string(self.directory.join("postmaster.pid")) else { return Ok(()) };
        let Some(pid) = pid_file.lines().next().and_then(|line| line.trim().parse().ok()) else {
            return Ok(());
        };
        if !self.is_ours(pid).await {
            return Ok(());
        }
        tracing::info!(pid, "ending a Postgres that an earlier run left behind");
        let pid = Pid::from_raw(pid);
        for (signal, patience) in [(Signal::SIGINT, 10), (Signal::SIGQUIT, 5)] {
            if signal_and_wait(pid, signal, Duration::from_secs(patience)).await {
                return Ok(());
            }
        }
        bail!("an earlier run's Postgres (process {pid}) does not end; end it by hand")
    }

    /// Pids are used again: a pid file counts only while that process runs on this very directory.
    async fn is_ours(&self, pid: i32) -> bool {
        if Path::new("/proc/self/cmdline").exists() {
            return fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|arguments| names_directory(&arguments, &self.directory));
        }
        let listed = Command::new("ps").args(["-o", "args=", "-p", &pid.to_string()]).output().await;
        let argument = format!("-D {} ", self.directory.display());
        listed.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&argument))
    }

    /// Makes the files beside their place and moves them there, so that a crash leaves nothing half made.
    pub(super) async fn make_if_new(&self, superuser: &str, password: &str) -> anyhow::Result<()> {
        if self.directory.join("PG_VERSION").is_file() {
            return Ok(());
        }
        tracing::info!(directory = %self.directory.display(), "making a new Postgres data directory");
        let unfinished = self.directory.with_added_extension("new");
        let password_file = self.directory.with_added_extension("initdb-password");
        remove(&unfinished)?;
        fs::create_dir(&unfinished).with_context(|| format!("can't make {}", unfinished.display()))?;
        write_private(&password_file, password)?;
        if let Some(user) = &self.run_as {
            user.own(&unfinished)?;
            user.own(&password_file)?;
        }
        let made = self
            .command("initdb")
            .arg("--pgdata")
            .arg(&unfinished)
            .arg("--pwfile")
            .arg(&password_file)
            .args(["--username", superuser, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"])
            .args(["--data-checksums", "--no-instructions"])
            .kill_on_drop(true)
            .output()
            .await;
        fs::remove_file(&password_file).context("can't remove initdb's password file")?;
        let made = made.context("initdb can't be run")?;
        if !made.status.success() {
            remove(&unfinished)?;
            bail!("initdb failed: {}", gravest_line(&String::from_utf8_lossy(&made.stderr)));
        }
        fs::rename(&unfinished, &self.directory).context("can't put the new data directory in its place")
    }

    /// The port of last time while it is free, so that addresses stay the same from run to run.
    pub(super) fn choose_port(&self) -> anyhow::Result<u16> {
        let free =
            |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| listener.local_addr());
        let last = fs::read_to_string(&self.port_file).ok().and_then(|text| text.trim().parse().ok());
        if let Some(port) = last
            && free(port).is_ok()
        {
            return Ok(port);
        }
        let port = free(0).context("there is no free port on 127.0.0.1")?.port();
        write_private(&self.port_file, &port.to_string())?;
        Ok(port)
    }

    /// `postgres` itself, in the foreground and in a process group of its own: Ctrl-C on a terminal is for the parent,
    /// which ends Postgres when nobody needs it any more.
    pub(super) fn server(&self, port: u16) -> anyhow::Result<Command> {
        let open = || fs::File::options().append(true).create(true).mode(0o600).open(&self.log);
        let log = open().with_context(|| format!("can't write {}", self.log.display()))?;
        let errors = log.try_clone().context("can't share the log file")?;
        let mut command = self.command("postgres");
        command.arg("-D").arg(&self.directory).arg("-p").arg(port.to_string());
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "fsync=on",
            "synchronous_commit=on",
            "full_page_writes=on",
            "max_connections=200",
            "max_wal_size=4GB",
            "timezone=UTC",
            "log_timezone=UTC",
            // Every statement here is short; compiling one costs more than running it.
            "jit=off",
        ] {
            command.args(["-c", setting]);
        }
        command.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0).kill_on_drop(true);
        Ok(command)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.program(program));
        // The caller's directory may be closed to the user that Postgres runs as, and its variables may hold secrets.
        command.current_dir("/").env_clear().env("LC_ALL", "C");
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        if let Some(user) = &self.run_as {
            user.apply(&mut command);
        }
        command
    }
}

/// Whether a command line as `/proc` has it, each argument ended by a zero byte, names exactly this directory.
fn names_directory(arguments: &[u8], directory: &Path) -> bool {
    let mut arguments = arguments.split(|byte| *byte == 0);
    arguments.any(|argument| argument == b"-D")
        && arguments.next() == Some(directory.as_os_str().as_encoded_bytes())
}

fn remove(directory: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", directory.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postgres_on_a_directory_whose_name_only_begins_alike_is_another() {
        let ours = |arguments: &[u8]| names_directory(arguments, Path::new("/data/postgres"));
        assert!(ours(b"/usr/bin/postgres\0-D\0/data/postgres\0-k\0"));
        assert!(!ours(b"/usr/bin/postgres\0-D\0/data/postgres2\0-k\0"));
        assert!(!ours(b"less\0/data/postgres\0"));
        assert!(!ours(b""));
    }
}
