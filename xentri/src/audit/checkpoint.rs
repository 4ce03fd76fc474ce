//! `xentri audit checkpoint`.

use std::path::Path;

use anyhow::Context as _;
use serde_json::json;
use xentri_domain::kernel::Clock as _;
use xentri_ledger::{
    Checkpoint, CheckpointBook, CheckpointFile, CheckpointKey, CheckpointsError, VerifyError,
    make_checkpoints, take_back_after_restore,
};

use super::Audited;
use super::options::CheckpointOptions;
use super::paint::{GOOD, counted, painted, print, print_json};
use super::signing::{Signing, read_book};
use super::verify::refuse;
use crate::clock::SystemClock;

pub(super) async fn run(options: CheckpointOptions) -> anyhow::Result<()> {
    let CheckpointOptions { audited, signed, copy, after_restore } = options;
    let as_json = audited.json;
    Audited::with(audited, async |audited| {
        let signing = Signing::of(&audited.settings).with_checkpoints(signed.checkpoints);
        let (key, path) = (signing.key()?, signing.checkpoints_file()?);
        let mut keys = signed.public_keys;
        keys.push(key.public());
        // Held open from here on: nobody else adds what the book has not.
        let mut file = open(path)?;
        let book = read_book(path, &keys)?.unwrap_or_default();
        let made = sign(audited, &book, &key, &mut file, after_restore).await;
        let made = made.map_err(|error| told(error, as_json))?;
        if let Some(copy) = &copy {
            let written = open(copy)?.append(&made, &key);
            written.with_context(|| format!("signed, but not copied: can't write {}", copy.display()))?;
        }
        report(&made, &key, path, as_json)
    })
    .await
}

async fn sign(
    audited: &Audited,
    book: &CheckpointBook,
    key: &CheckpointKey,
    file: &mut CheckpointFile,
    after_restore: bool,
) -> Result<Vec<Checkpoint>, CheckpointsError> {
    let (databases, now) = (&audited.databases, SystemClock.now());
    if after_restore {
        take_back_after_restore(databases, book, key, file, now).await
    } else {
        make_checkpoints(databases, book, key, file, now).await
    }
}

fn open(path: &Path) -> anyhow::Result<CheckpointFile> {
    CheckpointFile::open(path).with_context(|| format!("can't open {}", path.display()))
}

fn told(error: CheckpointsError, as_json: bool) -> anyhow::Error {
    let CheckpointsError::Verify(VerifyError::Found(found)) = &error else { return error.into() };
    match refuse(found.all(), as_json) {
        Ok(()) => {
            let found = counted(found.all().len(), "finding");
            anyhow::anyhow!("nothing was signed: the ledger is not as it was recorded: {found}")
        }
        Err(error) => error,
    }
}

fn report(made: &[Checkpoint], key: &CheckpointKey, path: &Path, as_json: bool) -> anyhow::Result<()> {
    let public = key.public();
    if as_json {
        let orgs: Vec<_> = made
            .iter()
            .map(|one| json!({ "org_id": one.org_id, "org_seq": one.org_seq, "hash": one.hash, "restored": one.restored }))
            .collect();
        return print_json(&json!({
            "signed": orgs, "file": path, "key_id": public.id(), "public_key": public.to_string(),
        }));
    }
    let Some(first) = made.first() else {
        return print(&[format!("nothing is new since it was signed last, in {}", path.display())]);
    };
    let what = if first.restored { "taken back about" } else { "signed:" };
    print(&[
        format!("{} {}, in {}", what, painted(GOOD, counted(made.len(), "org")), path.display()),
        format!("by the key {}; whoever verifies needs {public}", public.id()),
    ])
}
