//! Running the scripts in `infra/dev/`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// One of them, with settings of its own.
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) settings: Vec<(&'static str, String)>,
}

impl Script {
    pub(crate) fn named(name: &'static str) -> Self {
        Self { name, settings: Vec::new() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/dev").join(self.name)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.path());
        command.args(words).envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// What it prints; it must succeed.
    pub(crate) fn said(&self, words: &[&str]) -> String {
        let mut command = self.command(words);
        let output = command.output().unwrap_or_else(|error| panic!("{command:?} can't be run: {error}"));
        let complaint = String::from_utf8_lossy(&output.stderr);
        let all = words.join(" ");
        assert!(
            output.status.success(),
            "`infra/dev/{} {all}` failed; run it by hand:\n{complaint}",
            self.name
        );
        String::from_utf8(output.stdout).expect("the scripts print text")
    }

    /// What `env` says of a variable.
    pub(crate) fn variable(&self, name: &str) -> String {
        let exports = self.said(&["env"]);
        let value = exports
            .lines()
            .find_map(|line| line.strip_prefix("export ")?.strip_prefix(name)?.strip_prefix('='))
            .unwrap_or_else(|| panic!("`infra/dev/{} env` does not name {name}:\n{exports}", self.name));
        value.trim_matches(['\'', '"']).to_owned()
    }
}
