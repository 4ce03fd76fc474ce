//! What was released is a promise: today's schema is held against `schemas/released/graphql/`.
//!
//! `make freeze` runs this test with `XENTRI_SCHEMAS=freeze`; then what keeps every promise is released too.

mod differences;
mod made_up;

use xentri_query_api::graphql::sdl;

use crate::files::{Mode, mode, read, write};
use crate::generated::PATH;
use differences::breaking;

#[test]
fn no_released_query_is_broken() {
    let released = format!("released/{PATH}");
    if let Some(old) = read(&released) {
        let broken = breaking(&old, &sdl());
        assert!(
            broken.is_empty(),
            "\n\nThe released GraphQL schema would break for those who rely on it:\n  {}\n\nschemas/README.md says what it takes.\n",
            broken.into_iter().collect::<Vec<_>>().join("\n  "),
        );
    }
    if mode() == Mode::Freeze {
        write(&released, &sdl());
        println!("today's GraphQL schema is released");
    }
}
