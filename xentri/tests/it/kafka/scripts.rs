//! The scripts of `infra/dev/`, as somebody on a checkout runs them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// One of them, with everything but the jars in a directory of its own.
pub(super) fn dev_command(script: &str, dev: &Path) -> Command {
    let mut command = Command::new(infra().join(script));
    command.env("XENTRI_DEV_DIR", dev).env("XENTRI_DEV_JARS", jars());
    command
}

/// Those of the Kafka that is there for all tests: fetching them takes a while.
fn jars() -> String {
    let found = Command::new(infra().join("kafka")).arg("jars").output().unwrap();
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    String::from_utf8(found.stdout).unwrap().trim().to_owned()
}

fn infra() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/dev")
}
