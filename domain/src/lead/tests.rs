//! The whole table of a lead, what each cell records, and what holds whatever is asked of it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Lead, LeadError, Status};
use crate::aggregate::scenario::{fold, fresh_id, given, stream_id};
use crate::aggregate::{Refusal, RefusalKind, histories, table};
use crate::kernel::{Coded, Money, StreamId};

fn created() -> Value {
    json!({ "type": "xentri.lead.created.v1", "name": "Ada Lovelace", "email": "ada@example.com", "source": "form" })
}

fn contacted() -> Value {
    json!({ "type": "xentri.lead.contacted.v1", "channel": "phone", "at": "2026-03-01T10:00:00.000000Z" })
}

fn qualified() -> Value {
    json!({ "type": "xentri.lead.qualified.v1", "score": 80, "reason": "has a budget" })
}

fn proposal_sent() -> Value {
    json!({ "type": "xentri.lead.proposal_sent.v1", "amount": eur(120_000), "valid_until": "2026-04-01" })
}

fn follow_up_scheduled() -> Value {
    json!({
        "type": "xentri.followup.scheduled.v1", "follow_up_id": fresh_id(), "due_at": "2026-03-09T09:00:00.000000Z",
    })
}

fn eur(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

fn states() -> Vec<table::Column> {
    let new = vec![created(), follow_up_scheduled()];
    let with = |history: &[Value], event: Value| [history, &[event]].concat();
    let contacted = with(&new, contacted());
    let qualified = with(&contacted, qualified());
    let proposal = with(&qualified, proposal_sent());
    let won = with(&proposal, json!({ "type": "xentri.deal.won.v1", "amount": eur(110_000) }));
    let lost = with(&proposal, json!({ "type": "xentri.deal.lost.v1", "reason": "too slow" }));
    let disqualified = with(&new, json!({ "type": "xentri.lead.disqualified.v1", "reason": "a student" }));
    vec![
        ("absent", vec![]),
        ("new", new),
        ("contacted", contacted),
        ("qualified", qualified),
        ("proposal", proposal),
        ("won", won),
        ("lost", lost),
        ("disqualified", disqualified),
    ]
}

const NONE: &str = "!not_found";
const NO: &str = "!illegal_transition";
const HERE: &str = "!already_exists";

#[test]
#[rustfmt::skip]
fn the_whole_table() {
    let due = "2026-03-10T09:00:00Z";
    let text = |field: &str| json!({ field: "because" });
    table::check::<Lead>(&states(), &[
        // command, body                                                absent, new, contacted, qualified, proposal, won, lost, disqualified
        ("capture", json!({ "name": "Ada", "source": "form" }),         &["lead.created", HERE, HERE, HERE, HERE, HERE, HERE, HERE]),
        ("update-details", json!({ "company": "Acme" }),                &[NONE, "lead.updated", "lead.updated", "lead.updated", "lead.updated", NO, NO, NO]),
        ("assign", json!({ "owner": stream_id() }),                     &[NONE, "lead.assigned", "lead.assigned", "lead.assigned", "lead.assigned", NO, NO, NO]),
        ("add-note", text("note"),                                      &[NONE, "lead.note_added", "lead.note_added", "lead.note_added", "lead.note_added", "lead.note_added", "lead.note_added", "lead.note_added"]),
        ("log-contact", json!({ "channel": "email" }),                  &[NONE, "lead.contacted", "lead.contacted", "lead.contacted", "lead.contacted", NO, NO, NO]),
        ("qualify", json!({ "score": 80, "reason": "big" }),            &[NONE, NO, "lead.qualified", NO, NO, NO, NO, NO]),
        ("disqualify", text("reason"),                                  &[NONE, "lead.disqualified", "lead.disqualified", "lead.disqualified", NO, NO, NO, NO]),
        ("send-proposal", json!({ "amount": eur(1), "valid_until": "2026-03-02" }), &[NONE, NO, NO, "lead.proposal_sent", "lead.proposal_sent", NO, NO, NO]),
        ("win", json!({ "amount": eur(1) }),                            &[NONE, NO, NO, NO, "deal.won", NO, NO, NO]),
        ("lose", text("reason"),                                        &[NONE, NO, NO, "deal.lost", "deal.lost", NO, NO, NO]),
        ("schedule-follow-up", json!({ "due_at": due }),                &[NONE, "followup.scheduled", "followup.scheduled", "followup.scheduled", "followup.scheduled", "followup.scheduled", NO, NO]),
        ("complete-follow-up", json!({}),                               &[NONE, "followup.completed", "followup.completed", "followup.completed", "followup.completed", "followup.completed", NO, NO]),
    ]);
}

#[test]
fn a_refusal_names_the_state_and_the_command() {
    given::<Lead>([created()]).when("win", json!({ "amount": eur(1) })).refused(|error, id| {
        assert_eq!(*error, LeadError::IllegalTransition { id, status: Status::New, command: "win" });
        assert_eq!(error.to_string(), format!("lead {id} is new, which does not allow win"));
        assert_eq!(error.kind(), RefusalKind::IllegalTransition);
    });
}

#[test]
fn a_capture_keeps_what_was_told_and_nothing_else() {
    given::<Lead>([])
        .when(
            "capture",
            json!({
                "name": " Ada Lovelace ", "email": "Ada@EXAMPLE.com", "phone": "+34 600 000 000", "company": "Acme",
                "source": "manual", "value": eur(500_000), "note": "met at a fair\nwants a call",
            }),
        )
        .then([json!({
            "type": "xentri.lead.created.v1", "name": "Ada Lovelace", "email": "Ada@example.com",
            "phone": "+34600000000", "company": "Acme", "source": "manual", "value": eur(500_000),
            "note": "met at a fair\nwants a call",
        })]);
}

#[test]
fn names_of_the_whole_world_pass() {
    for name in ["Nguyễn Thị Minh Khai", "محمد بن سلمان", "O\u{301}scar", "田中 太郎", "Ada 👩‍💻"]
    {
        let event = json!({ "type": "xentri.lead.created.v1", "name": name, "source": "form" });
        given::<Lead>([]).when("capture", json!({ "name": name, "source": "form" })).then([event]);
    }
}

#[test]
fn the_first_contact_makes_a_new_lead_a_contacted_one_and_later_ones_change_no_state() {
    let contact = json!({ "channel": "meeting", "at": "2026-03-02T12:00:00+01:00", "note": "coffee" });
    let event = json!({
        "type": "xentri.lead.contacted.v1", "channel": "meeting", "at": "2026-03-02T11:00:00.000000Z", "note": "coffee",
    });
    for (history, status) in
        [(vec![created()], Status::Contacted), (vec![created(), contacted(), qualified()], Status::Qualified)]
    {
        let outcome = given::<Lead>(history).when("log-contact", contact.clone()).then([event.clone()]);
        assert_eq!(outcome.into_state().status, status);
    }
}

#[test]
fn a_contact_may_be_five_minutes_ahead_and_no_more() {
    let at = |moment: &str| {
        given::<Lead>([created()]).when("log-contact", json!({ "channel": "phone", "at": moment })).answer()
    };
    assert!(at("2026-03-02T15:05:00Z").is_ok());
    let error = at("2026-03-02T15:05:00.000001Z").unwrap_err();
    assert_eq!((error.code(), error.pointer().as_deref()), ("in_the_future", Some("/at")));
}

#[test]
fn only_details_that_change_are_recorded_and_null_clears_one() {
    given::<Lead>([created()])
        .when(
            "update-details",
            json!({ "name": "Ada Lovelace", "email": null, "phone": null, "company": "Acme" }),
        )
        .then([json!({ "type": "xentri.lead.updated.v1", "email": null, "company": "Acme" })]);
    given::<Lead>([created()]).when("update-details", json!({ "email": "ada@example.com" })).then([]);
    given::<Lead>([created()]).when("update-details", json!({})).then([]);
}

#[test]
fn a_deal_is_won_in_the_currency_of_its_proposal() {
    let history = [created(), contacted(), qualified(), proposal_sent()];
    let dollars = json!({ "amount": { "amount": 120_000, "currency": "USD" } });
    let error = given::<Lead>(history).when("win", dollars).refusal();
    assert_eq!((error.code(), error.pointer().as_deref()), ("currency_mismatch", Some("/amount/currency")));
}

#[test]
fn a_lead_is_worth_what_was_offered_last_and_nobody_comes_back_to_one_that_is_lost() {
    let offered = [created(), follow_up_scheduled(), contacted(), qualified(), proposal_sent()];
    let lead: Lead = fold(offered.clone());
    assert_eq!(lead.value.map(Money::amount), Some(120_000));
    let lost = given::<Lead>(offered).when("lose", json!({ "reason": "too slow" })).afterwards();
    assert_eq!(lost.follow_ups, []);
}

#[test]
fn a_lead_is_not_assigned_twice_to_the_same_person() {
    let owner = json!({ "owner": stream_id() });
    let assigned = json!({ "type": "xentri.lead.assigned.v1", "owner": stream_id() });
    given::<Lead>([created(), assigned]).when("assign", owner).then([]);
}

#[test]
fn a_proposal_holds_until_today_in_the_orgs_time_zone_at_the_least() {
    let history = || [created(), contacted(), qualified()];
    let until = |day: &str| json!({ "amount": eur(1), "valid_until": day });
    // It is past midnight in Madrid, and not yet in UTC.
    let late = "2026-03-02T23:30:00.000000Z";
    let error = given::<Lead>(history()).at(late).when("send-proposal", until("2026-03-02")).refusal();
    assert_eq!((error.code(), error.pointer().as_deref()), ("in_the_past", Some("/valid_until")));
    assert!(given::<Lead>(history()).at(late).when("send-proposal", until("2026-03-03")).answer().is_ok());
}

#[test]
fn amounts_are_above_zero() {
    for (history, command, body, pointer) in [
        (vec![], "capture", json!({ "name": "Ada", "source": "form", "value": eur(0) }), "/value"),
        (vec![created()], "update-details", json!({ "value": eur(-1) }), "/value"),
        (
            vec![created(), contacted(), qualified()],
            "send-proposal",
            json!({ "amount": eur(0), "valid_until": "2026-04-01" }),
            "/amount",
        ),
        (
            vec![created(), contacted(), qualified(), proposal_sent()],
            "win",
            json!({ "amount": eur(-5) }),
            "/amount",
        ),
    ] {
        let error = given::<Lead>(history).when(command, body).refusal();
        assert_eq!((error.code(), error.pointer().as_deref()), ("not_positive", Some(pointer)), "{command}");
        assert_eq!(error.kind(), RefusalKind::Invalid);
    }
}

#[test]
#[rustfmt::skip]
fn what_is_no_value_is_refused_where_it_stands() {
    let capture = |field: &str, value: Value| {
        let mut body = json!({ "name": "Ada", "source": "form" });
        body[field] = value;
        body
    };
    for (command, body, pointer, code) in [
        ("capture", capture("name", json!("")), "/name", "empty"),
        ("capture", capture("name", json!("a\u{0}b")), "/name", "control_character"),
        ("capture", capture("name", json!("x".repeat(201))), "/name", "too_long"),
        ("capture", capture("name", json!({ "$p": "AAAA" })), "/name", "bad_format"),
        ("capture", capture("email", json!("nobody")), "/email", "bad_format"),
        ("capture", capture("phone", json!("600 000 000")), "/phone", "bad_format"),
        ("capture", capture("company", json!("\u{202e}Acme")), "/company", "bidi_control"),
        ("capture", capture("id", json!("7")), "/id", "bad_format"),
        ("capture", capture("value", json!({ "amount": 1, "currency": "EURO" })), "/value/currency", "unknown_currency"),
        ("capture", capture("value", eur(i64::MAX)), "/value", "out_of_range"),
        ("add-note", json!({ "note": "x".repeat(4001) }), "/note", "too_long"),
        ("qualify", json!({ "score": 101, "reason": "x" }), "/score", "out_of_range"),
        ("qualify", json!({ "score": -1, "reason": "x" }), "/score", "out_of_range"),
        ("send-proposal", json!({ "amount": eur(1), "valid_until": "2026-02-30" }), "/valid_until", "bad_format"),
        ("schedule-follow-up", json!({ "due_at": "tomorrow" }), "/due_at", "bad_format"),
    ] {
        given::<Lead>([created()]).when(command, body).malformed_at(pointer, code);
    }
}

#[test]
fn other_words_fields_and_kinds_never_become_a_command() {
    for body in [
        json!({ "source": "form" }),
        json!({ "name": "Ada", "source": "telepathy" }),
        json!({ "name": "Ada", "source": "form", "colour": "red" }),
        json!({ "name": 7, "source": "form" }),
        json!({ "name": "Ada", "source": "form", "value": { "amount": 1.5, "currency": "EUR" } }),
    ] {
        given::<Lead>([]).when("capture", body).malformed();
    }
}

#[test]
fn a_follow_up_lies_ahead_and_is_done_once() {
    let error = given::<Lead>([created()])
        .when("schedule-follow-up", json!({ "due_at": "2026-03-02T15:00:00Z" }))
        .refusal();
    assert_eq!((error.code(), error.pointer().as_deref()), ("in_the_past", Some("/due_at")));

    given::<Lead>([created()])
        .when("schedule-follow-up", json!({ "due_at": "2026-03-09T09:00:00Z" }))
        .then([follow_up_scheduled()]);

    let unknown = json!({ "follow_up_id": stream_id() });
    let error =
        given::<Lead>([created(), follow_up_scheduled()]).when("complete-follow-up", unknown).refusal();
    assert_eq!(error.code(), "no_such_follow_up");

    let completed = json!({ "type": "xentri.followup.completed.v1", "follow_up_id": fresh_id() });
    let error = given::<Lead>([created(), follow_up_scheduled(), completed])
        .when("complete-follow-up", json!({}))
        .refusal();
    assert_eq!(error, LeadError::NoFollowUp { id: stream_id() });
}

/// Bodies that are mostly right, with values from a small stock so that they meet each other.
fn commands() -> impl Strategy<Value = (&'static str, Value)> {
    let amount = prop_oneof![Just(-1_i64), Just(0), Just(1), Just(120_000), Just(i64::MAX), Just(i64::MIN)];
    let day = prop_oneof![Just("2026-03-01"), Just("2026-03-02"), Just("2026-12-31")];
    let id = prop_oneof![Just(json!(null)), (1_u8..9).prop_map(|n| json!(StreamId::v7(4, [n; 10])))];
    prop_oneof![
        amount.clone().prop_map(|n| ("capture", json!({ "name": "Ada", "source": "form", "value": eur(n) }))),
        Just(("capture", json!({ "name": "Ada", "source": "import" }))),
        amount.clone().prop_map(|n| ("update-details", json!({ "email": null, "value": eur(n) }))),
        (1_u8..3).prop_map(|n| ("assign", json!({ "owner": StreamId::v7(9, [n; 10]) }))),
        Just(("add-note", json!({ "note": "a note" }))),
        Just(("log-contact", json!({ "channel": "phone" }))),
        (0_i64..=100).prop_map(|score| ("qualify", json!({ "score": score, "reason": "r" }))),
        Just(("disqualify", json!({ "reason": "r" }))),
        (amount.clone(), day)
            .prop_map(|(n, day)| ("send-proposal", json!({ "amount": eur(n), "valid_until": day }))),
        amount.prop_map(|n| ("win", json!({ "amount": eur(n) }))),
        Just(("lose", json!({ "reason": "r" }))),
        Just(("schedule-follow-up", json!({ "due_at": "2026-03-09T09:00:00Z" }))),
        id.prop_map(|id| ("complete-follow-up", json!({ "follow_up_id": id }))),
    ]
}

#[test]
fn whatever_is_asked_a_final_lead_stays_final_and_amounts_stay_above_zero() {
    let is_final = |status| matches!(status, Status::Won | Status::Lost | Status::Disqualified);
    histories::check::<Lead>(commands(), histories::nothing_else, |before, after, events| {
        assert!(!is_final(before.status) || after.status == before.status, "{before:?} {events:?}");
        assert!(after.value.is_none_or(Money::is_positive));
        assert!(after.proposal.as_ref().is_none_or(|proposal| proposal.amount.is_positive()));
        assert_eq!(
            after.status == Status::Proposal,
            after.status == Status::Proposal && after.proposal.is_some()
        );
        assert!(!events.is_empty() || before == after);
    });
}
