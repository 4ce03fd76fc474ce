//! `docs/tutorial-commands.md`.

use super::follow;
use crate::process::{Running, data_dir};

const TUTORIAL: &str = include_str!("../../../../docs/tutorial-commands.md");

#[test]
fn the_tutorial_leads_from_nothing_to_a_paid_invoice() {
    let directory = data_dir();
    let running = Running::up(&directory.path().join("xentri-data"));
    follow(
        TUTORIAL,
        directory.path(),
        &[("api=http://127.0.0.1:8080\n", &format!("api={}\n", running.api()))],
    );
}
