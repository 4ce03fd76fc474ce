//! What every step of a run in one database goes by.

use xentri_ledger::Databases;

use super::RebuildSettings;
use super::control::Control;
use super::progress::ProgressSender;

#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) databases: &'a Databases,
    pub(super) settings: &'a RebuildSettings,
    pub(super) control: &'a Control,
    pub(super) progress: &'a ProgressSender,
}
