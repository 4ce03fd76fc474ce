//! `xentri audit export`.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::json;
use xentri_domain::kernel::Clock as _;
use xentri_ledger::{BundleError, Checkpoint, CheckpointBook, CheckpointKey, ExportError, Home, export_org};

use super::Audited;
use super::options::ExportOptions;
use super::paint::{GOOD, counted, painted, print, print_json};
use super::progress::Bar;
use super::signing::Signing;
use super::verify::refuse;
use crate::clock::SystemClock;

pub(super) async fn run(options: ExportOptions) -> anyhow::Result<()> {
    let ExportOptions { audited, signed, org, out } = options;
    let as_json = audited.json;
    Audited::with(audited, async |audited| {
        let signing = Signing::of(&audited.settings).with_checkpoints(signed.checkpoints);
        let key = signing.key()?;
        let mut keys = signed.public_keys;
        keys.push(key.public());
        let book = signing.book(&keys)?.map(|(book, _)| book).unwrap_or_default();
        let home = audited.home(org).await?;
        let made = write(audited, home, &out, &key, &book, as_json).await?;
        report(&made, &key, &out, as_json)
    })
    .await
}

/// Whole, or no file at all.
async fn write(
    audited: &Audited,
    home: Home,
    out: &Path,
    key: &CheckpointKey,
    book: &CheckpointBook,
    as_json: bool,
) -> anyhow::Result<Checkpoint> {
    let file = File::create_new(out).with_context(|| format!("can't make {}", out.display()))?;
    let written = fill(audited, home, file, key, book, as_json).await;
    if written.is_err() {
        fs::remove_file(out)
            .with_context(|| format!("{} is unfinished and can't be removed", out.display()))?;
    }
    written
}

async fn fill(
    audited: &Audited,
    home: Home,
    file: File,
    key: &CheckpointKey,
    book: &CheckpointBook,
    as_json: bool,
) -> anyhow::Result<Checkpoint> {
    let disk = file.try_clone().context("the file can't be held open")?;
    let bar = Bar::of_written(as_json);
    let counted = bar.bar().wrap_write(file);
    let exported = export_org(&audited.databases, home, counted, key, SystemClock.now(), book).await;
    bar.end();
    match exported {
        Ok((_, checkpoint)) => {
            disk.sync_all().context("the export did not get to the disk")?;
            Ok(checkpoint)
        }
        Err(ExportError::Bundle(BundleError::Ledger(finding))) => {
            refuse(&[*finding], as_json)?;
            bail!("nothing was exported: the ledger is not as it was recorded");
        }
        Err(error) => Err(error.into()),
    }
}

fn report(made: &Checkpoint, key: &CheckpointKey, out: &Path, as_json: bool) -> anyhow::Result<()> {
    let (public, Checkpoint { org_id, org_seq, hash, .. }) = (key.public(), made);
    if as_json {
        return print_json(&json!({
            "org_id": org_id, "events": org_seq, "head": hash, "file": out,
            "key_id": public.id(), "public_key": public.to_string(),
        }));
    }
    let events = painted(GOOD, format_args!("{} of {org_id}", counted(*org_seq, "event")));
    print(&[
        format!("{events} are in {}, head {hash}", out.display()),
        format!("whoever verifies it needs the public key {public}"),
    ])
}
