//! Whether all is right: what is in the ledger, on the topics and in the read models, held against what clients were told.

mod events;
mod ledger;
mod read_models;
mod topics;
mod verdict;

pub(crate) use verdict::{Proof, Verdict};

use self::events::Events;
use crate::load::Acknowledged;
use crate::system::System;

/// What a process says that is started while Postgres is away, or just going: it ends, for a supervisor to start it again.
const AT_START: [&str; 2] = ["can't be reached", "the login can't be checked"];

/// Ends the processes, so that nothing moves any more. Everything must have caught up before.
pub(crate) async fn judge(system: &System, acknowledged: &Acknowledged) -> Verdict {
    let mut verdict = Verdict::default();
    verdict.note(acknowledged.wrong.iter().cloned());
    verdict.note(system.stop());
    verdict.note(system.panics());
    let is_start = |words: &String| AT_START.iter().any(|allowed| words.contains(allowed));
    verdict.note(system.ended().into_iter().filter(|words| !is_start(words)));
    let events = Events::read(&system.postgres.server_url()).await;
    ledger::judge(&events, acknowledged, &mut verdict);
    ledger::judge_chain(&events, &mut verdict).await;
    ledger::judge_parked(&system.admin, &mut verdict).await;
    read_models::judge(&system.postgres.admin_url(), &mut verdict).await;
    topics::judge(&system.kafka, &events, &mut verdict).await;
    verdict
}
