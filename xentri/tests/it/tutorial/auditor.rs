//! `docs/tutorial-auditor.md`.

use std::path::Path;

use super::follow;
use crate::process::{Running, data_dir};

const TUTORIAL: &str = include_str!("../../../../docs/tutorial-auditor.md");

#[test]
fn the_tutorial_proves_a_ledger_and_forgets_somebody_in_it() {
    let directory = data_dir();
    let running = Running::up(&directory.path().join("xentri-data"));
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    std::os::unix::fs::symlink(docs, directory.path().join("docs")).unwrap();
    let api = format!("api={}\n", running.api());
    follow(TUTORIAL, directory.path(), &[("api=http://127.0.0.1:8080\n", &api)]);
}
