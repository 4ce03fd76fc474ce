//! Pythons of their own, with packages from their index.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A virtual environment at `place` with what the file of requirements names; its program. Made anew when it was made of something
/// else, or not to its end. One caller at a time.
pub fn python_with(requirements: &Path, place: &Path) -> PathBuf {
    let version = said(Command::new("python3").arg("--version"), "Python 3 is needed: infra/dev/setup venv");
    let made_from = version + &fs::read_to_string(requirements).expect("there are requirements");
    let mark = place.join("made-from");
    if fs::read_to_string(&mark).ok().as_deref() != Some(&made_from) {
        let _ = fs::remove_dir_all(place);
        fs::create_dir_all(place).unwrap();
        let venv = "Python's venv is needed: infra/dev/setup venv";
        said(Command::new("python3").args(["-m", "venv"]).arg(place), venv);
        let mut pip = Command::new(place.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "-r"]);
        said(pip.arg(requirements), "PyPI has to be in reach, this once");
        fs::write(mark, made_from).unwrap();
    }
    place.join("bin/python")
}

fn said(command: &mut Command, remedy: &str) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{remedy}\n{command:?}: {error}"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{remedy}\n{command:?}:\n{complaint}");
    String::from_utf8(output.stdout).unwrap()
}
