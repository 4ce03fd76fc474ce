//! Projects of Node's, with what their lock names.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Brings `place` to what the folder `sources` has now, and its packages, which come from a registry, when the lock has changed.
/// What tools write there never gets into the checkout. One caller at a time.
pub fn node_project(sources: &Path, place: &Path) {
    let lock = fs::read_to_string(sources.join("package-lock.json")).expect("a project of Node's has a lock");
    let mark = place.join("made-from");
    if fs::read_to_string(&mark).ok().as_deref() != Some(&lock) {
        let _ = fs::remove_dir_all(place);
        copy(sources, place);
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        let remedy = "npm is needed (infra/dev/setup node), and its registry in reach, this once";
        let output =
            npm.current_dir(place).output().unwrap_or_else(|error| panic!("{remedy}\n{npm:?}: {error}"));
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{remedy}\n{npm:?}:\n{complaint}");
        fs::write(mark, lock).unwrap();
    }
    copy(sources, place);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_name() == "node_modules" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            // Without what is not there anymore.
            let _ = fs::remove_dir_all(&target);
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
