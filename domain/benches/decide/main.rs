//! How long a decision takes, whatever loads its state and keeps its events.
//!
//! `cargo bench -p xentri-domain`. Each aggregate has a line or more: a history and a command that it accepts. Only `decide`
//! is measured, with the streams that it asks for at hand; reading the command is not, nor its copy.
#![allow(clippy::unwrap_used, reason = "a bench that can't be set up should end")]

mod histories;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use xentri_domain::aggregate::{Aggregate, CommandSet, EventSet, Facts, Halt, Stream, StreamRef, Unread};
use xentri_domain::brief::Brief;
use xentri_domain::claims::{InvoiceNumbers, PagePaths, SlugClaim};
use xentri_domain::invoice::Invoice;
use xentri_domain::kernel::{Actor, Principal, Role, UserId};
use xentri_domain::lead::Lead;
use xentri_domain::org::Org;
use xentri_domain::page::Page;
use xentri_domain::pulse::{Inbox, Item};
use xentri_domain::site::Site;
use xentri_domain::subject::Subject;

use histories::{self as given, eur, stream_id};

fn every_aggregate(c: &mut Criterion) {
    let nothing = json!([]);
    decide::<Org>(c, "create", &nothing, &given::org()[0][1]);
    decide::<Org>(c, "change-settings", &given::org(), &json!({ "name": "Acme & Sons", "currency": "USD" }));
    decide::<Brief>(c, "approve", &given::brief_in_review(), &json!({}));
    decide::<Brief>(c, "propose-section", &given::brief_in_review(), &given::proposal());
    decide::<Lead>(c, "capture", &nothing, &given::lead()[0][1]);
    decide::<Lead>(c, "update-details", &given::lead(), &json!({ "name": "Ada King", "email": null }));
    decide::<Lead>(
        c,
        "send-proposal",
        &given::lead(),
        &json!({ "amount": eur(9), "valid_until": "2026-04-01" }),
    );
    decide::<Invoice>(c, "draft", &nothing, &given::draft());
    decide::<Invoice>(c, "issue", &given::invoice_draft(), &json!({}));
    decide::<Invoice>(c, "record-payment", &given::invoice_issued(), &given::payment());
    decide::<Site>(c, "create", &nothing, &json!({ "name": "Acme", "slug": "acme" }));
    decide::<Site>(c, "publish", &given::site(), &json!({}));
    decide::<Page>(c, "add", &nothing, &given::page());
    decide::<Page>(c, "update", &given::page_in_preview(), &json!({ "title": "About them" }));
    decide::<Item>(c, "raise", &nothing, &given::item());
    decide::<Inbox>(c, "dismiss", &nothing, &json!({ "scope": "strategy", "item_id": stream_id(4) }));
    decide::<Subject>(c, "forget", &nothing, &json!({}));
}

criterion_group!(benches, every_aggregate);
criterion_main!(benches);

/// A history is a list of pairs: the type of an event without prefix and version, and its payload.
fn decide<A: Aggregate>(c: &mut Criterion, command: &str, history: &Value, body: &Value) {
    let state: A = fold(history);
    let mut facts = facts();
    let read = A::Command::read(command, body).unwrap().unwrap();
    loop {
        match state.decide(read.clone(), &facts) {
            Ok(_) => break,
            Err(Halt::Unread(unread)) => answer(&mut facts, &unread),
            Err(Halt::Refused(error)) => panic!("{}/{command} is refused: {error}", A::TYPE),
        }
    }
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
    let actor = Actor::User(UserId::of("bench", "ada"));
    let now = "2026-03-02T15:00:00Z".parse().unwrap();
    // Its id is that of the stream, because an org is created on its own.
    let principal = Principal::new(stream_id(2).into(), actor, Role::Owner);
    Facts::new(principal, stream_id(2), now, stream_id(3))
}

/// Adds what a decision asks for: the org and its site with ten pages in preview, claims that nobody has made.
fn answer(facts: &mut Facts, unread: &Unread) {
    let Unread::Streams(streams) = unread else {
        facts.subject_streams = Some(vec![StreamRef::of::<Lead>(stream_id(2))]);
        return;
    };
    for StreamRef { stream_type, id } in streams.iter().copied() {
        match stream_type {
            Org::TYPE => facts.add::<Org>(id, Arc::new(fold(&given::org()))),
            Site::TYPE => facts.add::<Site>(id, Arc::new(fold(&given::site()))),
            Page::TYPE => facts.add::<Page>(id, Arc::new(fold(&given::page_in_preview()))),
            PagePaths::TYPE => facts.add::<PagePaths>(id, Arc::new(fold(&given::ten_paths()))),
            SlugClaim::TYPE => facts.add::<SlugClaim>(id, Arc::default()),
            InvoiceNumbers::TYPE => facts.add::<InvoiceNumbers>(id, Arc::default()),
            other => panic!("a {other} is asked for"),
        }
    }
}
