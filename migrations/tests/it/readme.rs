//! Tables of README.md that are held against the catalogue.

use std::path::Path;

/// Fails with what README.md should show between two marks, where it shows something else.
pub(crate) fn shows(begin: &str, actual: &str, end: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (_, rest) = readme.split_once(begin).expect("README.md has a begin mark");
    let (written, _) = rest.split_once(end).expect("README.md has an end mark");
    assert!(written == actual, "migrations/README.md should show, between its marks:\n\n{actual}");
}
