//! The examples with the clients that they use, which come from registries: once, into cargo's folder for tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use xentri_testkit::node_project;

pub(crate) struct Example {
    pub(crate) language: &'static str,
    pub(crate) program: PathBuf,
    pub(crate) script: PathBuf,
}

pub(crate) fn examples() -> &'static [Example] {
    static EXAMPLES: OnceLock<Vec<Example>> = OnceLock::new();
    EXAMPLES.get_or_init(|| {
        let node = thread::spawn(node);
        vec![python(), node.join().expect("Node's example is there")]
    })
}

fn python() -> Example {
    let folder = sources("python");
    let version = said(Command::new("python3").arg("--version"), "Python 3 is needed: infra/dev/setup venv");
    let requirements = folder.join("requirements.txt");
    let made_from = version + &fs::read_to_string(&requirements).unwrap();
    let place = installed("python", &made_from, |place| {
        let venv = "Python's venv is needed: infra/dev/setup venv";
        said(Command::new("python3").args(["-m", "venv"]).arg(place), venv);
        let mut pip = Command::new(place.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "-r"]);
        said(pip.arg(&requirements), "PyPI has to be in reach, this once");
    });
    Example { language: "Python", program: place.join("bin/python"), script: folder.join("lead.py") }
}

fn node() -> Example {
    let place = place("node");
    node_project(&sources("node"), &place);
    Example { language: "Node", program: "node".into(), script: place.join("lead.js") }
}

fn sources(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(language)
}

fn place(language: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples").join(language)
}

/// Made anew when it was made from something else, or not to its end.
fn installed(language: &str, made_from: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let place = place(language);
    let mark = place.join("made-from");
    if fs::read_to_string(&mark).ok().as_deref() != Some(made_from) {
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).unwrap();
        install(&place);
        fs::write(mark, made_from).unwrap();
    }
    place
}

fn said(command: &mut Command, remedy: &str) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{remedy}\n{command:?}: {error}"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{remedy}\n{command:?}:\n{complaint}");
    String::from_utf8(output.stdout).unwrap()
}
