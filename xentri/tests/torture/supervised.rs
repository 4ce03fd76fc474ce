//! One process of the system, as under a supervisor: one that ends by itself is started again.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

pub(crate) struct Supervised {
    /// As a reader of the summary knows it.
    pub(crate) name: String,
    command: Box<dyn Fn() -> Command + Send + Sync>,
    log: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// None while it is not to run.
    child: Option<Child>,
    /// How it ended without being asked to, and its last words.
    ended: Vec<String>,
}

impl Supervised {
    pub(crate) fn new(
        name: String,
        log: PathBuf,
        command: impl Fn() -> Command + Send + Sync + 'static,
    ) -> Self {
        Self { name, command: Box::new(command), log, state: Mutex::default() }
    }

    pub(crate) fn start(&self) {
        let mut state = self.state();
        assert!(state.child.is_none(), "{} runs already", self.name);
        state.child = Some(self.spawn());
    }

    /// `kill -9`, whether it is frozen or not. Gone when this returns.
    pub(crate) fn kill(&self) {
        let Some(mut child) = self.state().child.take() else { return };
        child.kill().expect("it is ours");
        child.wait().expect("it ends");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let state = self.state();
        let child = state.child.as_ref().expect("it runs");
        // Where it has ended by itself there is nobody to hear.
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a small number"));
        let _nobody = signal::kill(pid, signal);
    }

    pub(crate) fn ask_to_end(&self) {
        self.tend();
        self.signal(Signal::SIGTERM);
    }

    pub(crate) fn wait_for_end(&self) -> ExitStatus {
        let mut child = self.state().child.take().expect("it runs");
        child.wait().expect("it ends")
    }

    /// Starts it again where it has ended by itself.
    pub(crate) fn tend(&self) {
        let mut state = self.state();
        let Some(child) = state.child.as_mut() else { return };
        if let Some(status) = child.try_wait().expect("it is ours") {
            let said = self.log();
            let last = said.lines().last().unwrap_or("without a word");
            state.ended.push(format!("{} ended by itself ({status}): {last}", self.name));
            state.child = Some(self.spawn());
        }
    }

    pub(crate) fn ended(&self) -> Vec<String> {
        self.state().ended.clone()
    }

    /// Everything that it has said in all its lives.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn spawn(&self) -> Child {
        let log = File::options().append(true).create(true).open(&self.log).expect("a log");
        (self.command)().stderr(log).spawn().expect("xentri runs")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panicked with it")
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.kill();
    }
}
