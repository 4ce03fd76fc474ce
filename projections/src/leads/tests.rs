mod stored;

use serde_json::{Value, json};
use xentri_domain::kernel::UserId;

use super::{LeadRow, Leads};
use crate::given::{Given, every_kind_counts, id, moment, written};
use crate::kit::{Document, FoldError};

const LEAD: u64 = 1;

/// Type and payload, as they follow each other.
fn given(events: &[(&str, Value)]) -> Given<Leads> {
    let mut lead = Given::new();
    lead.then(id(LEAD), "xentri.lead.created.v1", ada());
    for (name, payload) in events {
        lead.then(id(LEAD), &format!("xentri.{name}.v1"), payload.clone());
    }
    lead
}

fn after(events: &[(&str, Value)]) -> LeadRow {
    given(events).row(id(LEAD)).clone()
}

fn ada() -> Value {
    json!({ "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+34600123456", "company": "Engines",
            "source": "form", "value": eur(120_000), "note": "Met at the fair." })
}

fn eur(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

fn contacted() -> (&'static str, Value) {
    ("lead.contacted", json!({ "channel": "phone", "note": "Busy.", "at": "2026-03-02T11:00:00Z" }))
}

fn qualified() -> (&'static str, Value) {
    ("lead.qualified", json!({ "score": 80, "reason": "Has money." }))
}

fn offered(amount: i64) -> (&'static str, Value) {
    ("lead.proposal_sent", json!({ "amount": eur(amount), "valid_until": "2026-04-01" }))
}

fn follow_up(n: u64, due_at: &str) -> (&'static str, Value) {
    ("followup.scheduled", json!({ "follow_up_id": written(n), "due_at": due_at, "note": "Call." }))
}

#[test]
fn a_captured_lead_shows_what_was_said_of_it() {
    let expected = LeadRow {
        org_id: given(&[]).org,
        id: id(LEAD),
        version: 1,
        created_at: moment(1),
        updated_at: moment(1),
        state: "new".into(),
        source: "form".into(),
        name: Some("Ada Lovelace".into()),
        email: Some("ada@example.com".into()),
        phone: Some("+34600123456".into()),
        company: Some("Engines".into()),
        search: "ada lovelace".into(),
        forgotten: false,
        value_amount: Some(120_000),
        value_currency: Some("EUR".into()),
        owner: None,
        score: None,
        proposal_until: None,
        follow_ups: Document(json!([])),
    };
    assert_eq!(after(&[]), expected);
}

#[test]
fn an_update_changes_what_it_names_and_clears_what_it_nulls() {
    let updated = json!({ "name": "Ada Byron", "email": null, "company": null, "value": { "amount": 5, "currency": "USD" } });
    let expected = LeadRow {
        version: 2,
        updated_at: moment(2),
        name: Some("Ada Byron".into()),
        email: None,
        company: None,
        search: "ada byron".into(),
        value_amount: Some(5),
        value_currency: Some("USD".into()),
        ..after(&[])
    };
    assert_eq!(after(&[("lead.updated", updated.clone())]), expected);
    let rest = json!({ "email": "a@example.com", "phone": null, "value": null });
    let row = after(&[("lead.updated", updated), ("lead.updated", rest)]);
    assert_eq!((row.email.as_deref(), row.phone), (Some("a@example.com"), None));
    assert_eq!((row.value_amount, row.value_currency), (None, None));
}

#[test]
fn a_note_changes_the_version_alone() {
    let row = after(&[("lead.note_added", json!({ "note": "Likes rye." }))]);
    assert_eq!(row, LeadRow { version: 2, updated_at: moment(2), ..after(&[]) });
}

#[test]
fn a_lead_is_assigned_to_its_owner() {
    let owner = UserId::of("test", "ben");
    assert_eq!(after(&[("lead.assigned", json!({ "owner": owner }))]).owner, Some(owner));
}

#[test]
fn only_a_new_lead_becomes_contacted() {
    assert_eq!(after(&[contacted()]).state, "contacted");
    let row = after(&[contacted(), qualified(), contacted()]);
    assert_eq!((row.state.as_str(), row.score, row.version), ("qualified", Some(80), 4));
}

#[test]
fn a_lead_is_worth_its_last_offer_then_what_was_won() {
    let row = after(&[contacted(), qualified(), offered(7), offered(9)]);
    assert_eq!((row.state.as_str(), row.value_amount), ("proposal", Some(9)));
    assert_eq!(row.proposal_until.map(|day| day.to_string()).as_deref(), Some("2026-04-01"));
    let row = after(&[contacted(), qualified(), offered(7), ("deal.won", json!({ "amount": eur(8) }))]);
    assert_eq!(
        (row.state.as_str(), row.value_amount, row.value_currency.as_deref()),
        ("won", Some(8), Some("EUR"))
    );
}

#[test]
fn follow_ups_are_open_by_when_they_are_due_until_they_are_done() {
    let (late, soon) =
        (follow_up(8, "2026-03-09T09:00:00.000000Z"), follow_up(9, "2026-03-05T09:00:00.000000Z"));
    let open = json!([
        { "id": written(9), "due_at": "2026-03-05T09:00:00.000000Z" },
        { "id": written(8), "due_at": "2026-03-09T09:00:00.000000Z" },
    ]);
    assert_eq!(after(&[late.clone(), soon.clone()]).follow_ups.0, open);
    let done = ("followup.completed", json!({ "follow_up_id": written(9) }));
    assert_eq!(after(&[late, soon, done]).follow_ups.0, json!([open[1]]));
}

#[test]
fn nobody_comes_back_to_a_lead_that_is_given_up() {
    let due = follow_up(8, "2026-03-09T09:00:00.000000Z");
    for (state, name) in [("disqualified", "lead.disqualified"), ("lost", "deal.lost")] {
        let row = after(&[due.clone(), (name, json!({ "reason": "No budget." }))]);
        assert_eq!((row.state.as_str(), row.follow_ups.0), (state, json!([])));
    }
    let row = after(&[due, ("deal.won", json!({ "amount": eur(8) }))]);
    assert_eq!(row.follow_ups.0.as_array().map(Vec::len), Some(1));
}

#[test]
fn a_lead_created_anew_begins_anew() {
    let again = json!({ "name": "Grace", "source": "manual" });
    let row = after(&[contacted(), ("lead.created", again)]);
    assert_eq!((row.state.as_str(), row.name.as_deref(), row.version), ("new", Some("Grace"), 3));
    assert_eq!((row.email, row.value_amount, row.search.as_str()), (None, None, "grace"));
}

#[test]
fn of_a_forgotten_person_the_deal_is_left() {
    let mut lead = given(&[contacted(), follow_up(8, "2026-03-09T09:00:00.000000Z")]);
    let before = lead.row(id(LEAD)).clone();
    let streams = json!({ "streams": [{ "type": "lead", "id": written(LEAD) }, { "type": "invoice", "id": written(2) }] });
    lead.then(id(LEAD), "xentri.subject.forgotten.v1", streams);
    let expected =
        LeadRow { name: None, email: None, phone: None, search: "engines".into(), forgotten: true, ..before };
    assert_eq!(*lead.row(id(LEAD)), expected);
    lead.then(id(LEAD), "xentri.lead.updated.v1", json!({ "company": null }));
    assert_eq!(lead.row(id(LEAD)).search, "");
}

/// A rebuild after the key was destroyed reads every event without the person.
#[test]
fn a_rebuild_shows_a_forgotten_person_as_the_live_rows_do() {
    let mut live = given(&[("lead.updated", json!({ "email": "a@example.com" }))]);
    let mut rebuilt = Given::<Leads>::new();
    let gone = json!({ "$p": null });
    let mut created = ada();
    for field in ["name", "email", "phone", "note"] {
        created[field] = gone.clone();
    }
    rebuilt.then(id(LEAD), "xentri.lead.created.v1", created);
    rebuilt.then(id(LEAD), "xentri.lead.updated.v1", json!({ "email": gone }));
    for lead in [&mut live, &mut rebuilt] {
        let streams = json!({ "streams": [{ "type": "lead", "id": written(LEAD) }] });
        lead.then(id(LEAD), "xentri.subject.forgotten.v1", streams);
    }
    assert_eq!(live.rows, rebuilt.rows);
}

#[test]
fn whoever_is_forgotten_without_a_lead_here_makes_none() {
    let mut lead = Given::<Leads>::new();
    let streams = json!({ "streams": [{ "type": "lead", "id": written(5) }] });
    assert_eq!(lead.try_then(id(5), "xentri.subject.forgotten.v1", streams), Ok(()));
    assert!(lead.rows.is_empty());
    let alone = lead.try_then(id(5), "xentri.deal.lost.v1", json!({ "reason": "No budget." }));
    assert_eq!(alone, Err(FoldError::NoRow));
}

#[test]
fn every_kind_of_event_counts() {
    every_kind_counts::<Leads>("lead", "xentri.lead.created.v1", &[], |row| (row.version, row.updated_at));
}
