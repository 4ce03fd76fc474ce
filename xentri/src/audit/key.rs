//! `xentri audit key`.

use serde_json::json;

use super::options::KeyOptions;
use super::paint::{print, print_json};
use super::signing::Signing;
use crate::serve::settings_beside;

/// Alone on its line, for whoever puts it where others find it. Asks no database.
pub(super) fn run(options: KeyOptions) -> anyhow::Result<()> {
    let signing = Signing::of(&settings_beside(options.audited.beside)?);
    let public = signing.key()?.public();
    if options.audited.json {
        let file = signing.key_file()?;
        return print_json(&json!({ "public_key": public.to_string(), "key_id": public.id(), "file": file }));
    }
    print(&[public.to_string()])
}
