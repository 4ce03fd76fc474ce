//! How long a decision takes, whatever loads its state and keeps its events: less than 5 µs.
//!
//! `cargo bench -p xentri-domain`. Each aggregate has a line: a history and a command that it accepts. Only `decide`
//! is measured; reading the command is not, nor its copy.
#![allow(clippy::unwrap_used, reason = "a bench that can't be set up should end")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use xentri_domain::aggregate::{Aggregate, CommandSet, EventSet, Facts, Stream};
use xentri_domain::kernel::{Actor, OrgId, Principal, Role, StreamId, UserId};
use xentri_domain::lead::Lead;
use xentri_domain::org::Org;
use xentri_domain::pulse::{Inbox, Item};

fn every_aggregate(c: &mut Criterion) {
    let (org, lead) = (org(), lead());
    decide::<Org>(c, "create", &json!([]), &org[0][1]);
    decide::<Org>(
        c,
        "change-settings",
        &org,
        &json!({ "name": "Acme & Sons", "currency": "USD", "language": "en" }),
    );
    decide::<Lead>(c, "capture", &json!([]), &lead[0][1]);
    decide::<Lead>(
        c,
        "update-details",
        &lead,
        &json!({ "name": "Ada King", "email": null, "company": "Acme" }),
    );
    decide::<Lead>(
        c,
        "send-proposal",
        &lead,
        &json!({ "amount": eur(120_000), "valid_until": "2026-04-01" }),
    );
    decide::<Item>(c, "raise", &json!([]), &item());
    decide::<Inbox>(
        c,
        "dismiss",
        &json!([]),
        &json!({ "scope": "strategy", "item_id": StreamId::v7(4, [4; 10]) }),
    );
}

criterion_group!(benches, every_aggregate);
criterion_main!(benches);

/// A history is a list of pairs: the type of an event without prefix and version, and its payload.
fn decide<A: Aggregate>(c: &mut Criterion, command: &str, history: &Value, body: &Value) {
    let state: A = fold(history);
    let facts = facts();
    let read = A::Command::read(command, body).unwrap().unwrap();
    state.decide(read.clone(), &facts).unwrap();
    c.bench_function(&format!("{}/{command}", A::TYPE), |bencher| {
        bencher.iter_batched(
            || read.clone(),
            |command| black_box(&state).decide(command, black_box(&facts)),
            BatchSize::SmallInput,
        );
    });
}

fn fold<S: Stream>(history: &Value) -> S {
    let mut state = S::default();
    for event in history.as_array().unwrap() {
        let type_name = format!("xentri.{}.v1", event[0].as_str().unwrap());
        state.apply(&S::Event::read_payload(&type_name, &event[1]).unwrap().unwrap());
    }
    state
}

/// An afternoon in Madrid.
fn facts() -> Facts {
    let org_id = OrgId::v7(1, [1; 10]);
    let actor = Actor::User(UserId::of("bench", "ada"));
    let now = "2026-03-02T15:00:00Z".parse().unwrap();
    let mut facts = Facts::new(
        Principal::new(org_id, actor, Role::Owner),
        StreamId::v7(2, [2; 10]),
        now,
        StreamId::v7(3, [3; 10]),
    );
    facts.add::<Org>(org_id, Arc::new(fold(&org())));
    facts
}

fn eur(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

fn org() -> Value {
    let settings = json!({
        "name": "Acme", "external_id": "org_2abFqT", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es",
        "invoice_prefix": "INV",
    });
    json!([["org.created", settings]])
}

/// A qualified one.
fn lead() -> Value {
    let person = json!({
        "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+34600000000", "source": "form",
        "value": eur(500_000), "note": "met at a fair",
    });
    json!([
        ["lead.created", person],
        ["lead.contacted", { "channel": "phone", "at": "2026-03-01T10:00:00.000000Z" }],
        ["lead.qualified", { "score": 80, "reason": "has a budget" }],
    ])
}

fn item() -> Value {
    json!({
        "scope": "module.leads", "importance": 2, "title": "A big lead", "summary": "Call before Friday.",
        "action_required": true, "expires_at": "2026-03-09T09:00:00Z",
    })
}
