//! Many at once on the same streams.

use std::collections::BTreeSet;

use serde_json::json;
use tokio::task::JoinSet;
use xentri_commands::{Answer, DispatchError};
use xentri_domain::kernel::{Principal, StreamId};
use xentri_ledger::{DatabaseSettings, LedgerSettings, StateSettings, TenantTx};

use crate::support::{World, ada, draft, request};

/// All commands at once, in turns by one process and the other.
async fn all_at_once(
    worlds: &[&World],
    owner: &Principal,
    commands: Vec<(&'static str, StreamId, serde_json::Value)>,
) -> Vec<Result<Answer, DispatchError>> {
    let mut callers = JoinSet::new();
    for (n, (name, stream, body)) in commands.into_iter().enumerate() {
        let (dispatcher, owner) = (worlds[n % worlds.len()].dispatcher.clone(), owner.clone());
        callers.spawn(async move { dispatcher.dispatch(&owner, request(name, Some(stream), &body)).await });
    }
    callers.join_all().await
}

async fn drafts(world: &World, owner: &Principal, count: usize) -> Vec<StreamId> {
    let mut callers = JoinSet::new();
    for _ in 0..count {
        let (dispatcher, owner) = (world.dispatcher.clone(), owner.clone());
        callers.spawn(async move {
            dispatcher.dispatch(&owner, request("invoice.draft", None, &draft())).await.unwrap().id
        });
    }
    callers.join_all().await
}

/// The numbers that the org's invoices have, from the stream that gives them.
async fn numbers(world: &World, owner: &Principal) -> Vec<u64> {
    let mut admin = world.db.as_ref().unwrap().connect_as_admin().await;
    let bodies: Vec<String> = sqlx::query_scalar(
        "select body from event where org_id = $1 and type = 'xentri.invoice_number.taken.v1' order by version",
    )
    .bind(owner.org().uuid())
    .fetch_all(&mut admin)
    .await
    .unwrap();
    let number = |body: String| {
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        body["payload"]["number"].as_u64().unwrap()
    };
    bodies.into_iter().map(number).collect()
}

/// 200 invoices of one org are issued at once, so all of them want the next number. In a process the lane decides one on
/// the number that the one before leaves; between processes the append lets one chain win and the other is decided again.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_invoices_issued_at_once_have_numbers_without_a_gap() {
    for processes in [1, 2] {
        let world = World::new().await;
        let other = world.another();
        let worlds = if processes == 1 { vec![&world] } else { vec![&world, &other] };
        let owner = world.owner().await;
        let invoices = drafts(&world, &owner, 200).await;
        let issue = invoices.iter().map(|invoice| ("invoice.issue", *invoice, json!({}))).collect();
        let answers = all_at_once(&worlds, &owner, issue).await;
        let refused: Vec<_> = answers.iter().filter(|answer| answer.is_err()).collect();
        assert!(refused.is_empty(), "{processes} processes: {refused:?}");
        assert_eq!(numbers(&world, &owner).await, (1..=200).collect::<Vec<_>>(), "{processes} processes");
    }
}

/// Notes may be added in any state, so all of them succeed; versions show that each was decided on the one before.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_on_one_stream_is_served_in_a_few_calls() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    let before = world.dispatcher.ledger().appenders().stats().calls;
    let note = |n: usize| ("lead.add-note", lead, json!({ "note": format!("note {n}") }));
    let answers = all_at_once(&[&world], &owner, (0..200).map(note).collect()).await;
    let versions: BTreeSet<_> = answers.into_iter().map(|answer| answer.unwrap().version).collect();
    assert_eq!(versions, (2..=201).collect());
    let calls = world.dispatcher.ledger().appenders().stats().calls - before;
    assert!(calls < 50, "200 commands took {calls} calls");
}

/// Only one of the two can happen; whichever comes second is refused on what the first left, in one round or the next.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_exclude_each_other_exactly_one_happens() {
    let world = World::new().await;
    let other = world.another();
    let owner = world.owner().await;
    for n in 0..20 {
        let lead = world.lead(&owner).await;
        let disqualify = |reason: &str| ("lead.disqualify", lead, json!({ "reason": reason }));
        let worlds = if n % 2 == 0 { vec![&world] } else { vec![&world, &other] };
        let answers = all_at_once(&worlds, &owner, vec![disqualify("one"), disqualify("two")]).await;
        let done = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(done, 1, "{answers:?}");
        let refused = answers.into_iter().find_map(Result::err).unwrap();
        assert!(matches!(refused, DispatchError::Refused(_)), "{refused:?}");
    }
}

/// Commands that tie streams together in every which way: an invoice for each lead, notes on the leads, invoices issued.
/// Nothing is refused and nothing hangs.
#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_tied_together_by_turns_are_all_served() {
    let world = World::new().await;
    let owner = world.owner().await;
    let mut leads = Vec::new();
    for _ in 0..8 {
        leads.push(world.lead(&owner).await);
    }
    let mut callers = JoinSet::new();
    for n in 0..64 {
        let (dispatcher, owner, lead) = (world.dispatcher.clone(), owner.clone(), leads[n % 8]);
        callers.spawn(async move {
            let mut body = draft();
            body["lead_id"] = json!(lead);
            let invoice =
                dispatcher.dispatch(&owner, request("invoice.draft", None, &body)).await.unwrap().id;
            let note = request("lead.add-note", Some(lead), &json!({ "note": "billed" }));
            let issue = request("invoice.issue", Some(invoice), &json!({}));
            let capture = request("lead.capture", None, &ada());
            let (note, issue, capture) = tokio::join!(
                dispatcher.dispatch(&owner, note),
                dispatcher.dispatch(&owner, issue),
                dispatcher.dispatch(&owner, capture)
            );
            let _all_done = (note.unwrap(), issue.unwrap(), capture.unwrap());
        });
    }
    callers.join_all().await;
    assert_eq!(numbers(&world, &owner).await, (1..=64).collect::<Vec<_>>());
}

/// A full cache takes in nothing large, so a lane can't rely on finding there what it has just read.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_on_one_stream_is_served_where_no_state_is_kept() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    let states = StateSettings { bytes: 0 };
    let forgetful = world.with(&LedgerSettings { states, ..LedgerSettings::default() });
    let other = world.another();
    let note = |n: usize| ("lead.add-note", lead, json!({ "note": format!("note {n}") }));
    let answers = all_at_once(&[&forgetful, &other], &owner, (0..60).map(note).collect()).await;
    let versions: BTreeSet<_> = answers.into_iter().map(|answer| answer.unwrap().version).collect();
    assert_eq!(versions, (2..=61).collect());
}

/// Both come in before the lane runs, for nothing else does on this thread, so they share a round. The lead that is there
/// already has to be read, which this test's hold on the one connection prevents.
#[tokio::test]
async fn who_was_appended_does_not_wait_for_what_others_have_to_read() {
    let world = World::new().await;
    let databases = DatabaseSettings { connections: 1, ..DatabaseSettings::default() };
    let world = world.with(&LedgerSettings { databases, ..LedgerSettings::default() });
    let owner = world.owner().await;
    let mut taken = ada();
    taken["id"] = json!(world.lead(&owner).await);
    let ledger = world.dispatcher.ledger().clone();
    ledger.states().clear();
    let home = ledger.directory().find(owner.org()).await.unwrap().unwrap().home;
    let held = TenantTx::read(ledger.databases(), home).await.unwrap();
    let begin = std::time::Instant::now();
    let fresh = ada();
    let (refused, (appended, waited)) = tokio::join!(world.give(&owner, "lead.capture", &taken), async {
        (world.give(&owner, "lead.capture", &fresh).await, begin.elapsed())
    });
    assert!(refused.is_err() && appended.is_ok(), "{refused:?} {appended:?}");
    assert!(waited < DatabaseSettings::default().patience / 2, "{waited:?}");
    drop(held);
}
