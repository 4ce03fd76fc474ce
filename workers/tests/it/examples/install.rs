//! The examples with the clients that they use, which come from registries: once, into cargo's folder for tests.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;

use xentri_testkit::{node_project, python_with};

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
    let program = python_with(&folder.join("requirements.txt"), &place("python"));
    Example { language: "Python", program, script: folder.join("lead.py") }
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
