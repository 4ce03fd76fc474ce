//! `xentri dlq retry`.

use std::io::IsTerminal as _;

use anyhow::bail;
use serde_json::{Value, json};
use xentri_workers::parked::{Parked, ParkedId, Retried, StillParked};

use super::Opened;
use super::options::RetryOptions;

pub(super) async fn run(options: RetryOptions) -> anyhow::Result<()> {
    let RetryOptions { ledger, ids, all, projection } = options;
    let as_json = ledger.json;
    let retried = Opened::with(ledger, async |parked| {
        if all { retry_all(parked, projection.as_deref()).await } else { retry(parked, &ids).await }
    })
    .await?;
    if as_json {
        println!("{}", as_value(&retried));
    } else {
        print(&retried, projection.as_deref());
    }
    if !retried.failed.is_empty() {
        bail!("not all could be taken: mend what fails, or discard it");
    }
    Ok(())
}

async fn retry_all(parked: &Parked, projection: Option<&str>) -> anyhow::Result<Retried> {
    let shown = std::io::stderr().is_terminal();
    let progress = |retried: &Retried| {
        if shown {
            eprint!("\r{} taken, {} still parked", retried.taken.len(), retried.failed.len());
        }
    };
    let retried = parked.retry_all(projection, progress).await?;
    if shown && !(retried.taken.is_empty() && retried.failed.is_empty()) {
        eprintln!();
    }
    Ok(retried)
}

/// One may be taken, or tried, with another that it hangs together with.
async fn retry(parked: &Parked, ids: &[ParkedId]) -> anyhow::Result<Retried> {
    let mut all = Retried::default();
    for id in ids {
        if all.taken.contains(id) || all.failed.iter().any(|failed| failed.id == *id) {
            continue;
        }
        let of_one = parked.retry(id).await?;
        let known: Vec<_> = all.failed.iter().map(|failed| failed.id.clone()).collect();
        all.taken.extend(of_one.taken);
        if of_one.failed.iter().all(|failed| !known.contains(&failed.id)) {
            all.failed.extend(of_one.failed);
            all.waiting += of_one.waiting;
        }
    }
    Ok(all)
}

/// Of everything, or of what has that name.
fn print(retried: &Retried, of: Option<&str>) {
    let Retried { taken, failed, waiting, skipped } = retried;
    if taken.is_empty() && failed.is_empty() && skipped.is_empty() {
        println!("nothing {}is parked", of.map_or_else(String::new, |name| format!("of {name} ")));
        return;
    }
    for StillParked { id, error } in failed {
        println!("{id} is still parked: {error}");
    }
    for of in skipped {
        println!("what is parked of {of} is for another release to take; it stays");
    }
    println!("{} taken, {} still parked, {waiting} waiting behind those", taken.len(), failed.len());
}

pub(super) fn as_value(retried: &Retried) -> Value {
    let names = |ids: &[ParkedId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let failed = |StillParked { id, error }: &StillParked| json!({ "id": id.to_string(), "error": error });
    json!({
        "taken": names(&retried.taken),
        "failed": retried.failed.iter().map(failed).collect::<Vec<_>>(),
        "waiting": retried.waiting,
        "skipped": retried.skipped.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
