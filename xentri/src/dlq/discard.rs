//! `xentri dlq discard`.

use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};
use nix::unistd::{Uid, User};
use serde_json::json;
use xentri_workers::parked::{Discard, Parked, ParkedId, Retried, Shown};

use super::Opened;
use super::options::DiscardOptions;
use super::retry::as_value;

pub(super) async fn run(options: DiscardOptions) -> anyhow::Result<()> {
    let DiscardOptions { ledger, id, reason, by, yes } = options;
    let as_json = ledger.json;
    let discard = Discard { reason, by: by.map_or_else(own_name, Ok)? };
    // Without an answer to wait for, and before anything is asked of the database.
    if !yes && !std::io::stdin().is_terminal() {
        bail!("an event that is left out stays so for ever; say --yes where nobody can be asked");
    }
    let (shown, retried) =
        Opened::with(ledger, async |parked| leave_out(parked, &id, &discard, yes).await).await?;
    let event = &shown.parked;
    if as_json {
        let mut value = as_value(&retried);
        value["discarded"] = json!({
            "id": id.to_string(), "event_id": event.event, "type": event.type_name, "org_id": event.org,
            "reason": discard.reason, "by": discard.by,
        });
        println!("{value}");
        return Ok(());
    }
    println!("{} ({}) is left out of {} for good", event.event, event.type_name, id.of.projection);
    match retried.taken.len() {
        0 => {}
        1 => println!("1 event that waited for it is taken"),
        more => println!("{more} events that waited for it are taken"),
    }
    for failed in &retried.failed {
        println!("{} waited for it, and is parked itself: {}", failed.id, failed.error);
    }
    for of in &retried.skipped {
        println!("what waited for it in {of} is for another release to take: retry it there");
    }
    Ok(())
}

async fn leave_out(
    parked: &Parked,
    id: &ParkedId,
    discard: &Discard,
    yes: bool,
) -> anyhow::Result<(Shown, Retried)> {
    let shown = parked.show(id).await?;
    if !yes && !is_wanted(&shown)? {
        bail!("nothing was left out");
    }
    let retried = parked.discard(id, discard).await?;
    Ok((shown, retried))
}

fn is_wanted(shown: &Shown) -> anyhow::Result<bool> {
    let event = &shown.parked;
    eprint!("Leave {} ({}) of org {} out of ", event.event, event.type_name, event.org);
    eprint!("{} for good? [y/N] ", event.id.of.projection);
    std::io::stderr().flush().context("the question can't be asked")?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("the answer can't be read")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Of the user of this process.
pub(crate) fn own_name() -> anyhow::Result<String> {
    let uid = Uid::current();
    let user = User::from_uid(uid).context("the system does not say who you are; say it with --by")?;
    Ok(user.map_or_else(|| format!("uid {uid}"), |user| user.name))
}
