//! `make schemas` runs this test with `XENTRI_SCHEMAS=write`; without, it compares.

use xentri_query_api::graphql::sdl;

use crate::files::Generated;

pub(crate) const PATH: &str = "graphql/schema.graphql";

#[test]
fn the_committed_schema_is_the_one_that_is_served() {
    let mut files = Generated::default();
    files.put(PATH, &sdl());
    files.finish();
}
