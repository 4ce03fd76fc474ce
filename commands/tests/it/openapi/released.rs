//! What was released is a promise: today's document is held against `schemas/released/openapi/`.
//!
//! `make freeze` runs this test with `XENTRI_SCHEMAS=freeze`; then what keeps every promise is released too.

use super::differences::breaking;
use super::document;
use crate::files::{Mode, mode, read_json, write};
use crate::generated::PATH;

#[test]
fn no_released_operation_is_broken() {
    let released = format!("released/{PATH}");
    if let Some(old) = read_json(&released) {
        let broken: Vec<_> = breaking(&old, &document()).into_iter().collect();
        assert!(
            broken.is_empty(),
            "\n\nThe released OpenAPI document would break for those who rely on it:\n  {}\n\nschemas/README.md says what it takes.\n",
            broken.join("\n  "),
        );
    }
    if mode() == Mode::Freeze {
        write(&released, xentri_commands::openapi::document());
        println!("today's OpenAPI document is released");
    }
}
