//! Every acknowledged command is in the ledger once, at the version that was answered, and nothing else is but what
//! reactors did; no number is left out, the chain holds, and nothing is parked.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::PgPool;
use uuid::Uuid;
use xentri_ledger::{CheckpointBook, StoredEvent, verify_ledger};

use super::events::{Envelope, Events, envelope};
use super::verdict::Verdict;
use crate::load::{Acknowledged, Done};

/// The type of events that take an invoice's number.
const NUMBER: &str = "xentri.invoice_number.taken.v1";

pub(super) fn judge(events: &Events, acknowledged: &Acknowledged, verdict: &mut Verdict) {
    let all: Vec<(&StoredEvent, Envelope)> = events.all().map(|event| (event, envelope(event))).collect();
    verdict.proof.events = all.len();
    verdict.proof.orgs = all.iter().map(|(event, _)| event.org).collect::<HashSet<_>>().len();
    judge_ids(&all, verdict);
    judge_commands(&all, acknowledged, verdict);
    judge_numbers(&all, verdict);
    judge_reactions(&all, verdict);
}

fn judge_ids(all: &[(&StoredEvent, Envelope)], verdict: &mut Verdict) {
    let mut seen = HashSet::new();
    for (event, _) in all {
        if !seen.insert(event.id) {
            verdict.fault(format!("event {} is there twice", event.id));
        }
    }
}

/// Events of one command have its key; who else has that key has done it again.
fn judge_commands(all: &[(&StoredEvent, Envelope)], acknowledged: &Acknowledged, verdict: &mut Verdict) {
    let mut by_key: HashMap<(Uuid, String), Vec<&StoredEvent>> = HashMap::new();
    for (event, envelope) in all.iter().filter(|(_, envelope)| envelope.actor.kind != "job") {
        let key = envelope.dedupe_key.clone().unwrap_or_default();
        by_key.entry((event.org.uuid(), key)).or_default().push(event);
    }
    for done in &acknowledged.commands {
        match by_key.remove(&(done.org, done.key.clone())) {
            Some(found) => verdict.note(differences(done, &found)),
            None => verdict.fault(format!("{done:?} was acknowledged and is not in the ledger")),
        }
    }
    // Nobody gives up before the answer.
    verdict.note(by_key.keys().map(|(org, key)| format!("key {key:?} of org {org} was never acknowledged")));
}

fn differences(done: &Done, found: &[&StoredEvent]) -> Option<String> {
    let ids: Vec<Uuid> = found.iter().map(|event| event.id.uuid()).collect();
    let of_stream = found.iter().filter(|event| event.stream_id.uuid() == done.id);
    let version = of_stream.map(|event| u64::from(event.version)).max();
    let org_seq = found.last().map(|event| event.org_seq);
    let right = ids == done.events && version == Some(done.version) && org_seq == Some(done.org_seq);
    (!right).then(|| format!("{done:?} was acknowledged, the ledger has {found:?}"))
}

/// Gapless for each org and year.
fn judge_numbers(all: &[(&StoredEvent, Envelope)], verdict: &mut Verdict) {
    let mut taken: BTreeMap<(Uuid, u64), Vec<u64>> = BTreeMap::new();
    for (event, Envelope { payload, .. }) in all.iter().filter(|(event, _)| event.type_name == NUMBER) {
        let number = payload.number.as_ref().and_then(serde_json::Value::as_u64);
        let (year, number) = payload.year.zip(number).expect("a claim says what it claims");
        taken.entry((event.org.uuid(), year)).or_default().push(number);
    }
    for ((org, year), numbers) in taken {
        if !numbers.iter().copied().eq(1..=numbers.len() as u64) {
            verdict.fault(format!("org {org} has in {year} the invoice numbers {numbers:?}"));
        }
    }
}

/// An invoice that was issued for a lead has made one follow-up, and nothing else was done unasked.
fn judge_reactions(all: &[(&StoredEvent, Envelope)], verdict: &mut Verdict) {
    let by_jobs: Vec<_> = all.iter().filter(|(_, envelope)| envelope.actor.kind == "job").collect();
    verdict.proof.by_reactors = by_jobs.len();
    let drafted = all.iter().filter(|(event, _)| event.type_name == "xentri.invoice.drafted.v1");
    let for_leads: HashSet<_> = drafted
        .filter(|(_, envelope)| envelope.payload.lead_id.is_some())
        .map(|(event, _)| event.stream_id)
        .collect();
    let issued = all.iter().filter(|(event, _)| event.type_name == "xentri.invoice.issued.v1");
    let expected = issued.filter(|(event, _)| for_leads.contains(&event.stream_id)).count();
    let mut keys = HashSet::new();
    for (event, Envelope { dedupe_key, actor, .. }) in by_jobs {
        if event.type_name != "xentri.followup.scheduled.v1" || !keys.insert((event.org, dedupe_key)) {
            verdict.fault(format!("{} has done {event:?} unasked, or again", actor.id));
        }
    }
    if keys.len() != expected {
        verdict
            .fault(format!("{expected} invoices were issued for leads, {} follow-ups scheduled", keys.len()));
    }
}

pub(super) async fn judge_chain(events: &Events, verdict: &mut Verdict) {
    match verify_ledger(&events.databases, &CheckpointBook::default(), |_| {}).await {
        Ok(report) if report.events == verdict.proof.events as u64 => {}
        Ok(report) => verdict.fault(format!("{} events verify, of {}", report.events, verdict.proof.events)),
        Err(error) => verdict.fault(error.to_string()),
    }
}

pub(super) async fn judge_parked(admin: &PgPool, verdict: &mut Verdict) {
    let query = "select format('%s is parked for %s: %s', type, projection, coalesce(error, 'it waits')) \
         from parked_event order by position";
    verdict.note(sqlx::query_scalar::<_, String>(query).fetch_all(admin).await.unwrap());
}
