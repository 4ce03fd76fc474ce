//! `xentri audit verify`.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use xentri_domain::kernel::OrgId;
use xentri_ledger::{
    BundleReport, CheckpointBook, Finding, LedgerReport, OrgChain, PublicKey, VerifyError, verify_bundle,
    verify_ledger, verify_org,
};

use super::Audited;
use super::findings;
use super::options::{SignedOptions, VerifyOptions};
use super::paint::{GOOD, counted, painted, print, print_json};
use super::progress::Bar;
use super::signing::{Signing, read_book};

pub(super) async fn run(options: VerifyOptions) -> anyhow::Result<()> {
    let VerifyOptions { audited, signed, org, all: _, bundle } = options;
    let as_json = audited.json;
    if let Some(bundle) = bundle {
        return offline(&bundle, signed, as_json);
    }
    Audited::with(audited, async |audited| {
        let signing = Signing::of(&audited.settings).with_checkpoints(signed.checkpoints);
        let keys = signing.public_keys(signed.public_keys)?;
        let (book, against) =
            signing.book(&keys)?.map_or_else(Default::default, |(book, path)| (book, Some(path)));
        match org {
            Some(org) => of_org(audited, org, &book, against, as_json).await,
            None => of_ledger(audited, &book, against, as_json).await,
        }
    })
    .await
}

async fn of_ledger(
    audited: &Audited,
    book: &CheckpointBook,
    against: Option<&Path>,
    as_json: bool,
) -> anyhow::Result<()> {
    let bar = Bar::of_events(as_json);
    let verified = verify_ledger(&audited.databases, book, |progress| bar.tell(progress)).await;
    bar.end();
    let report = fitting(verified, as_json)?;
    let LedgerReport { events, orgs, shards, took } = &report;
    if as_json {
        let shards = shards.iter().map(|shard| {
            json!({ "shard": shard.shard, "epoch": shard.epoch, "events": shard.events, "orgs": shard.orgs })
        });
        return print_json(&json!({
            "fits": true, "events": events, "orgs": orgs, "shards": shards.collect::<Vec<_>>(),
            "checkpoints": against, "seconds": took.as_secs_f64(), "events_per_second": whole(report.rate()),
        }));
    }
    let (events, orgs) = (counted(*events, "event"), counted(*orgs, "org"));
    let fits = format!("{events} of {orgs} on {} fit", counted(shards.len(), "shard"));
    print(&[format!("{}, {}", painted(GOOD, fits), pace(*took, report.rate())), held_against(against)])
}

async fn of_org(
    audited: &Audited,
    org: OrgId,
    book: &CheckpointBook,
    against: Option<&Path>,
    as_json: bool,
) -> anyhow::Result<()> {
    let home = audited.home(org).await?;
    let began = Instant::now();
    let chain: OrgChain = fitting(verify_org(&audited.databases, home, book).await, as_json)?;
    let (events, head, took) = (chain.org_seq(), chain.head(), began.elapsed());
    let rate = rate(events, took);
    if as_json {
        return print_json(&json!({
            "fits": true, "org_id": org, "events": events, "head": head, "checkpoints": against,
            "seconds": took.as_secs_f64(), "events_per_second": whole(rate),
        }));
    }
    let fits = painted(GOOD, format_args!("{} of {org} fit", counted(events, "event")));
    print(&[format!("{fits}, head {head}, {}", pace(took, rate)), held_against(against)])
}

/// With nothing at hand but the file and the public key.
fn offline(bundle: &Path, signed: SignedOptions, as_json: bool) -> anyhow::Result<()> {
    let SignedOptions { public_keys, checkpoints } = signed;
    let book =
        checkpoints.map(|path| book_that_is_there(&path, &public_keys)).transpose()?.unwrap_or_default();
    let unreadable = || format!("can't read {}", bundle.display());
    let file = File::open(bundle).with_context(unreadable)?;
    let bar = Bar::of_bytes(as_json, file.metadata().with_context(unreadable)?.len());
    let began = Instant::now();
    let verified = verify_bundle(bar.bar().wrap_read(file), &public_keys, &book);
    bar.end();
    let BundleReport { org_id, exported_at, events, head, unknown } = match verified {
        Ok(report) => report,
        Err(fault) => {
            tell(as_json, &[findings::fault_as_value(&fault)], &[findings::fault_as_line(&fault)])?;
            bail!("the export is not as it was written");
        }
    };
    let rate = rate(events, began.elapsed());
    if as_json {
        return print_json(&json!({
            "fits": true, "org_id": org_id, "exported_at": exported_at, "events": events, "head": head,
            "unknown": unknown, "seconds": began.elapsed().as_secs_f64(), "events_per_second": whole(rate),
        }));
    }
    let fits = painted(GOOD, format_args!("{} of {org_id} fit", counted(events, "event")));
    let mut lines = vec![
        format!("{fits}, head {head}, {}", pace(began.elapsed(), rate)),
        format!("exported at {exported_at}"),
    ];
    if unknown > 0 {
        lines
            .push(format!("{unknown} events are of types that this program does not know; their hashes fit"));
    }
    print(&lines)
}

fn book_that_is_there(path: &Path, keys: &[PublicKey]) -> anyhow::Result<CheckpointBook> {
    read_book(path, keys)?.with_context(|| format!("{} is not there", path.display()))
}

/// Tells of what does not fit, and ends there.
fn fitting<T>(verified: Result<T, VerifyError>, as_json: bool) -> anyhow::Result<T> {
    match verified {
        Ok(report) => Ok(report),
        Err(VerifyError::Found(found)) => {
            refuse(found.all(), as_json)?;
            bail!("the ledger is not as it was recorded: {}", counted(found.all().len(), "finding"))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn refuse(found: &[Finding], as_json: bool) -> anyhow::Result<()> {
    let values: Vec<_> = found.iter().map(findings::as_value).collect();
    let lines: Vec<_> = found.iter().map(findings::as_line).collect();
    tell(as_json, &values, &lines)
}

fn tell(as_json: bool, values: &[Value], lines: &[String]) -> anyhow::Result<()> {
    if as_json { print_json(&json!({ "fits": false, "findings": values })) } else { print(lines) }
}

fn held_against(checkpoints: Option<&Path>) -> String {
    match checkpoints {
        Some(path) => format!("held against the checkpoints in {}", path.display()),
        None => "nothing was signed yet, so an end that was cut off can't be seen: `xentri audit checkpoint` signs"
            .to_owned(),
    }
}

fn pace(took: Duration, rate: f64) -> String {
    format!("in {:.1} s, {} a second", took.as_secs_f64(), whole(rate))
}

#[allow(clippy::cast_precision_loss, reason = "counts of events are far below 2^52")]
fn rate(events: u64, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64().max(1e-9)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is positive and far below 2^63"
)]
fn whole(rate: f64) -> u64 {
    rate.round() as u64
}
