//! `make schemas` runs this test with `XENTRI_SCHEMAS=write`; without, it compares.

use xentri_commands::openapi;

use crate::files::Generated;

pub(crate) const PATH: &str = "openapi/openapi.json";

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let mut files = Generated::default();
    files.put(PATH, openapi::document());
    files.finish();
}
