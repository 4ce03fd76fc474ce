//! Where the key is that signs, and what it has signed.

use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use xentri_ledger::{CheckpointBook, CheckpointKey, KeyError, PublicKey};

use crate::config::Settings;

/// Beside the master key.
const KEY: &str = "checkpoint.key";
/// Beside the key that signs them.
const CHECKPOINTS: &str = "checkpoints.jsonl";

/// The files, which need not be there.
#[derive(Debug)]
pub(crate) struct Signing {
    /// None where no setting leads to one.
    key: Option<PathBuf>,
    checkpoints: Option<PathBuf>,
}

impl Signing {
    pub(crate) fn of(settings: &Settings) -> Self {
        let beside = |path: &Path, name: &str| path.with_file_name(name);
        let audit = &settings.audit;
        let key = audit.signing_key_file.clone();
        let key = key.or_else(|| settings.master_key_file.as_deref().map(|master| beside(master, KEY)));
        let checkpoints = audit.checkpoints_file.clone();
        let checkpoints = checkpoints.or_else(|| key.as_deref().map(|key| beside(key, CHECKPOINTS)));
        Self { key, checkpoints }
    }

    /// The same with another file of checkpoints, where one is named.
    pub(super) fn with_checkpoints(self, named: Option<PathBuf>) -> Self {
        Self { checkpoints: named.or(self.checkpoints), ..self }
    }

    /// Made at first use.
    pub(super) fn key(&self) -> anyhow::Result<CheckpointKey> {
        Ok(CheckpointKey::load_or_make(self.key_file()?)?)
    }

    pub(super) fn key_file(&self) -> anyhow::Result<&Path> {
        let named = self.key.as_deref();
        named.context("no signing key is named; set XENTRI_AUDIT_SIGNING_KEY_FILE, or XENTRI_MASTER_KEY_FILE to have it beside")
    }

    pub(super) fn checkpoints_file(&self) -> anyhow::Result<&Path> {
        let named = self.checkpoints.as_deref();
        named.context("no file of checkpoints is named; set XENTRI_AUDIT_CHECKPOINTS_FILE")
    }

    /// Those that are named, or else that of the signing key, where there is one.
    pub(crate) fn public_keys(&self, named: Vec<PublicKey>) -> anyhow::Result<Vec<PublicKey>> {
        if !named.is_empty() {
            return Ok(named);
        }
        let Some(file) = &self.key else { return Ok(named) };
        match CheckpointKey::load(file) {
            Ok(key) => Ok(vec![key.public()]),
            Err(KeyError::File { error, .. }) if error.kind() == ErrorKind::NotFound => Ok(named),
            Err(error) => Err(error.into()),
        }
    }

    /// All that was signed, and where it stands; nothing where there is no file.
    pub(crate) fn book(&self, keys: &[PublicKey]) -> anyhow::Result<Option<(CheckpointBook, &Path)>> {
        let Some(path) = self.checkpoints.as_deref() else { return Ok(None) };
        Ok(read_book(path, keys)?.map(|book| (book, path)))
    }
}

/// None where the file is not there.
pub(super) fn read_book(path: &Path, keys: &[PublicKey]) -> anyhow::Result<Option<CheckpointBook>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.with_context(|| format!("can't read {}", path.display()))?,
    };
    if keys.is_empty() {
        bail!("{} can't be believed without a public key; name it with --public-key", path.display());
    }
    let book = CheckpointBook::read(BufReader::new(file), keys, |_| true);
    book.map(Some).with_context(|| format!("{} can't be believed", path.display()))
}
