//! The whole table of a brief, what each cell records, and what holds whatever is asked of it.

mod proposals;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Brief, BriefError, BriefEvent, ExpiresIn, Section, Status};
use crate::aggregate::scenario::given;
use crate::aggregate::{Refusal, RefusalKind, histories, table};
use crate::kernel::{Coded, ProposalId, StreamId, Timestamp, split_code};

fn answer_recorded() -> Value {
    json!({ "type": "xentri.brief.answer_recorded.v1", "question": "Who are you?", "answer": "A bakery." })
}

fn draft_generated() -> Value {
    json!({ "type": "xentri.brief.draft_generated.v1", "sections": five_sections() })
}

fn five_sections() -> Value {
    json!({
        "identity": "A bakery", "audience": "Early risers", "offerings": "Bread", "positioning": "Slow dough",
        "goals": "Two shops",
    })
}

/// The one that is open in every history here, for five minutes from now.
fn proposal_id() -> StreamId {
    StreamId::v7(5, [5; 10])
}

fn proposal_generated() -> Value {
    json!({
        "type": "xentri.ai.proposal.generated.v1", "proposal_id": proposal_id(), "section": "proof",
        "content": "Five stars", "agent": "co-pilot", "expires_at": "2026-03-02T15:05:00.000000Z",
    })
}

/// The body of a proposal.
fn proposal(section: &str, content: &str) -> Value {
    json!({ "section": section, "content": content, "agent": "Co-pilot 2.1", "expires_in": 86_400 })
}

/// An event without a payload.
fn bare(name: &str) -> Value {
    json!({ "type": format!("xentri.{name}.v1") })
}

fn states() -> Vec<table::Column> {
    let with = |history: &[Value], event: Value| [history, &[event]].concat();
    let initiated = vec![bare("brief.started")];
    let conversing = [initiated.clone(), vec![answer_recorded(), proposal_generated()]].concat();
    let drafting = with(&conversing, bare("brief.drafting_started"));
    let review_pending = with(&drafting, draft_generated());
    let requested = json!({ "type": "xentri.brief.changes_requested.v1", "note": "Be bolder" });
    let editing = with(&review_pending, requested);
    let created = json!({ "type": "xentri.brief.created.v1", "sections": five_sections() });
    let approved = with(&review_pending, created);
    let revising = with(&approved, bare("brief.revision_started"));
    let review_again = with(&revising, bare("brief.resubmitted"));
    vec![
        ("absent", vec![]),
        ("initiated", initiated),
        ("conversing", conversing),
        ("drafting", drafting),
        ("review_pending", review_pending),
        ("editing", editing),
        ("approved", approved),
        ("revising", revising),
        ("review_again", review_again),
    ]
}

fn in_state(name: &str) -> Vec<Value> {
    states().into_iter().find(|(state, _)| *state == name).unwrap().1
}

const NONE: &str = "!not_found";
const NO: &str = "!illegal_transition";
const HERE: &str = "!already_exists";

#[test]
#[rustfmt::skip]
fn the_whole_table() {
    const ANSWER: &str = "brief.answer_recorded";
    const EDIT: &str = "brief.section_edited";
    const PROPOSE: &str = "ai.proposal.generated";
    const ACCEPT: &str = "ai.proposal.accepted";
    const ACCEPT_UPDATE: &str = "ai.proposal.accepted brief.updated";
    const REJECT: &str = "ai.proposal.rejected";
    let proposal = json!({ "section": "operations", "content": "Ovens", "agent": "co-pilot", "expires_in": 60 });
    let this_one = json!({ "proposal_id": proposal_id() });
    table::check::<Brief>(&states(), &[
        // command, body                                                   absent, initiated, conversing, drafting, review_pending, editing, approved, revising, review_again
        ("start", json!({}),                                               &["brief.started", HERE, HERE, HERE, HERE, HERE, HERE, HERE, HERE]),
        ("record-answer", json!({ "question": "Why?", "answer": "Joy." }), &[NONE, ANSWER, ANSWER, NO, NO, NO, NO, NO, NO]),
        ("confirm-ready", json!({}),                                       &[NONE, NO, "brief.drafting_started", NO, NO, NO, NO, NO, NO]),
        ("submit-draft", json!({ "sections": five_sections() }),           &[NONE, NO, NO, "brief.draft_generated", NO, NO, NO, NO, NO]),
        ("request-changes", json!({ "note": "Be bolder" }),                &[NONE, NO, NO, NO, "brief.changes_requested", NO, NO, NO, "brief.changes_requested"]),
        ("edit-section", json!({ "section": "goals", "content": "3 shops" }), &[NONE, NO, NO, NO, NO, EDIT, NO, EDIT, NO]),
        ("resubmit", json!({}),                                            &[NONE, NO, NO, NO, NO, "brief.resubmitted", NO, "brief.resubmitted", NO]),
        ("approve", json!({}),                                             &[NONE, NO, NO, NO, "brief.created", NO, NO, NO, "brief.updated"]),
        ("revise", json!({}),                                              &[NONE, NO, NO, NO, NO, NO, "brief.revision_started", NO, NO]),
        ("propose-section", proposal,                                      &[NONE, NO, PROPOSE, PROPOSE, PROPOSE, PROPOSE, PROPOSE, PROPOSE, PROPOSE]),
        ("accept-proposal", this_one.clone(),                              &[NONE, NO, ACCEPT, ACCEPT, ACCEPT, ACCEPT, ACCEPT_UPDATE, ACCEPT, ACCEPT]),
        ("reject-proposal", this_one,                                      &[NONE, NO, REJECT, REJECT, REJECT, REJECT, REJECT, REJECT, REJECT]),
    ]);
}

#[test]
fn a_refusal_names_the_state_and_the_command() {
    given::<Brief>(in_state("review_pending")).when("revise", json!({})).refused(|error, id| {
        assert_eq!(
            *error,
            BriefError::IllegalTransition { id, status: Status::ReviewPending, command: "revise" }
        );
        assert_eq!(error.to_string(), format!("brief {id} is review_pending, which does not allow revise"));
        assert_eq!(error.kind(), RefusalKind::IllegalTransition);
    });
}

#[test]
fn the_first_answer_opens_the_conversation() {
    let answer = json!({ "question": " Who are you? ", "answer": "A bakery." });
    let outcome =
        given::<Brief>(in_state("initiated")).when("record-answer", answer).then([answer_recorded()]);
    assert_eq!(outcome.into_state().status, Status::Conversing);
}

#[test]
fn a_draft_leaves_the_sections_alone_that_it_does_not_name() {
    let accepted = json!({
        "type": "xentri.ai.proposal.accepted.v1", "proposal_id": proposal_id(), "section": "proof",
        "content": "Five stars",
    });
    let history = [in_state("drafting"), vec![accepted]].concat();
    let sections = json!({ "identity": "A bakery\n\nsince 1911 🥖" });
    given::<Brief>(history)
        .when("submit-draft", json!({ "sections": sections }))
        .then([json!({ "type": "xentri.brief.draft_generated.v1", "sections": sections })])
        .state(&json!({
            "status": "review_pending",
            "sections": { "identity": "A bakery\n\nsince 1911 🥖", "proof": "Five stars" },
            "approved": null, "proposals": {},
        }));
}

#[test]
fn a_draft_of_nothing_is_none() {
    let error =
        given::<Brief>(in_state("drafting")).when("submit-draft", json!({ "sections": {} })).refusal();
    assert_eq!((error.code(), error.pointer().as_deref()), ("empty_draft", Some("/sections")));
    assert_eq!(error.kind(), RefusalKind::Invalid);
}

#[test]
fn an_edit_that_changes_nothing_is_no_event() {
    let edit = |content: &str| json!({ "section": "identity", "content": content });
    given::<Brief>(in_state("editing")).when("edit-section", edit(" A bakery\n")).then([]);
    given::<Brief>(in_state("editing")).when("edit-section", edit("A patisserie")).then([json!({
        "type": "xentri.brief.section_edited.v1", "section": "identity", "content": "A patisserie",
    })]);
}

#[test]
fn an_approval_waits_for_the_five_needed_sections_and_names_those_it_misses() {
    let draft = json!({
        "type": "xentri.brief.draft_generated.v1",
        "sections": { "identity": "A bakery", "positioning": "Slow dough", "goals": "Two", "operations": "Ovens" },
    });
    let history = [in_state("drafting"), vec![draft]].concat();
    given::<Brief>(history).when("approve", json!({})).refused(|error, id| {
        let missing = vec![Section::Audience, Section::Offerings];
        assert_eq!(*error, BriefError::SectionsMissing { id, missing });
        assert_eq!((error.code(), error.kind()), ("sections_missing", RefusalKind::IllegalTransition));
        assert!(error.to_string().ends_with("are empty: audience, offerings"), "{error}");
    });
}

#[test]
fn the_first_approval_records_all_sections() {
    given::<Brief>(in_state("review_pending"))
        .when("approve", json!({}))
        .then([json!({ "type": "xentri.brief.created.v1", "sections": five_sections() })]);
}

#[test]
fn a_later_approval_records_what_changed_since_the_one_before() {
    let edited = |section: &str, content: &str| json!({ "type": "xentri.brief.section_edited.v1", "section": section, "content": content });
    let approved_again = |edits: &[Value], changed: Value| {
        let history = [&in_state("revising"), edits, &[bare("brief.resubmitted")]].concat();
        given::<Brief>(history)
            .when("approve", json!({}))
            .then([json!({ "type": "xentri.brief.updated.v1", "sections": changed })])
            .into_state()
    };
    let brief = approved_again(
        &[
            edited("goals", "Three"),
            edited("proof", "Awards"),
            edited("identity", "A mill"),
            edited("identity", "A bakery"),
        ],
        json!({ "goals": "Three", "proof": "Awards" }),
    );
    assert_eq!((brief.status, brief.approved.as_ref()), (Status::Approved, Some(&brief.sections)));
    // A revision that ends where it began is approved too.
    approved_again(&[], json!({}));
}

#[test]
fn what_was_approved_stays_the_strategy_during_a_revision() {
    let brief = given::<Brief>(in_state("revising"))
        .when("edit-section", json!({ "section": "goals", "content": "Three" }))
        .then([json!({ "type": "xentri.brief.section_edited.v1", "section": "goals", "content": "Three" })])
        .into_state();
    assert_eq!(brief.approved.unwrap().get(Section::Goals).unwrap().as_str(), "Two shops");
}

#[test]
fn what_is_no_value_never_becomes_a_command() {
    let edit = |content: &str| ("edit-section", json!({ "section": "identity", "content": content }));
    let propose = |field: &str, value: Value| {
        let mut body = proposal("goals", "Two");
        body[field] = value;
        ("propose-section", body)
    };
    let long = |max: usize| "x".repeat(max + 1);
    for ((command, body), code) in [
        (edit(""), Some("empty")),
        (edit("\n\t "), Some("empty")),
        (edit("a\u{0}b"), Some("control_character")),
        (edit("a\u{202e}b"), Some("bidi_control")),
        (edit(&long(8000)), Some("too_long")),
        (("edit-section", json!({ "section": "mission", "content": "x" })), None),
        (("edit-section", json!({ "section": "goals" })), None),
        (("record-answer", json!({ "question": "Why?", "answer": long(8000) })), Some("too_long")),
        (("record-answer", json!({ "question": long(2000), "answer": "Joy." })), Some("too_long")),
        (("record-answer", json!({ "question": "Why?", "answer": " " })), Some("empty")),
        (("request-changes", json!({ "note": "a\u{1b}[0m" })), Some("control_character")),
        (("request-changes", json!({ "note": long(4000) })), Some("too_long")),
        (("submit-draft", json!({ "sections": { "identity": "" } })), Some("empty")),
        (("submit-draft", json!({ "sections": { "identity": null } })), None),
        (("submit-draft", json!({ "sections": { "mission": "x" } })), None),
        (("submit-draft", json!({ "sections": [["identity", "x"]] })), None),
        (("submit-draft", json!({})), None),
        (propose("agent", json!("co\npilot")), Some("control_character")),
        (propose("agent", json!(long(100))), Some("too_long")),
        (propose("content", json!("")), Some("empty")),
        (propose("expires_in", json!(0)), Some("out_of_range")),
        (propose("expires_in", json!(-60)), Some("out_of_range")),
        (propose("expires_in", json!(ExpiresIn::MAX + 1)), Some("out_of_range")),
        (propose("expires_in", json!(1.5)), None),
        (propose("expires_in", json!("60")), None),
        (("accept-proposal", json!({ "proposal_id": "the last one" })), Some("bad_format")),
        (("reject-proposal", json!({ "proposal_id": proposal_id(), "reason": "" })), Some("empty")),
        (
            ("reject-proposal", json!({ "proposal_id": proposal_id(), "reason": "a\nb" })),
            Some("control_character"),
        ),
    ] {
        let message = given::<Brief>([]).when(command, body.clone()).malformed();
        assert_eq!(split_code(&message).map(|(code, _)| code), code, "{command} {body}: {message}");
    }
    for command in ["start", "confirm-ready", "resubmit", "approve", "revise"] {
        given::<Brief>([]).when(command, json!({ "colour": "red" })).malformed();
    }
}

/// Bodies that are mostly right, with values from a small stock so that they meet each other.
fn commands() -> impl Strategy<Value = (&'static str, Value)> {
    let section = || prop::sample::select(vec!["identity", "goals", "proof"]);
    let content = || prop::sample::select(vec!["Two shops", "Five stars", "Bread"]);
    let seconds = prop::sample::select(vec![0, 1, 60, 61, 180, 86_400]);
    // The one of the histories, and those of the first steps.
    let id = || {
        prop_oneof![Just(proposal_id()), (1_u8..6).prop_map(|n| StreamId::v7(4, [n; 10]))]
            .prop_map(|id| json!({ "proposal_id": id }))
    };
    let bare = prop::sample::select(vec!["start", "confirm-ready", "resubmit", "approve", "revise"]);
    prop_oneof![
        4 => bare.prop_map(|command| (command, json!({}))),
        1 => Just(("record-answer", json!({ "question": "Why?", "answer": "Joy." }))),
        1 => Just(("submit-draft", json!({ "sections": five_sections() }))),
        1 => content().prop_map(|content| ("submit-draft", json!({ "sections": { "goals": content } }))),
        1 => Just(("request-changes", json!({ "note": "Be bolder" }))),
        2 => (section(), content())
            .prop_map(|(section, content)| ("edit-section", json!({ "section": section, "content": content }))),
        3 => (section(), content(), seconds).prop_map(|(section, content, seconds)| {
            let agent = "co-pilot";
            let body = json!({ "section": section, "content": content, "agent": agent, "expires_in": seconds });
            ("propose-section", body)
        }),
        3 => id().prop_map(|body| ("accept-proposal", body)),
        1 => id().prop_map(|body| ("reject-proposal", body)),
    ]
}

/// Reads a history by itself, without the state that decisions are made on.
fn keeps_the_rules(events: &[(Timestamp, BriefEvent)]) {
    let mut known = BTreeSet::new();
    let mut open: BTreeMap<ProposalId, (Section, Timestamp)> = BTreeMap::new();
    let mut is_created = false;
    for (at, event) in events {
        open.retain(|_, (_, expires_at)| at < expires_at);
        let mut closed = |id, section| {
            assert_eq!(open.remove(&id).map(|(of, _)| of), Some(section), "{id} is not open at {at}");
        };
        match event {
            BriefEvent::ProposalAccepted(accepted) => closed(accepted.proposal_id, accepted.section),
            BriefEvent::ProposalRejected(rejected) => closed(rejected.proposal_id, rejected.section),
            BriefEvent::ProposalGenerated(generated) => {
                let (id, section) = (generated.proposal_id, generated.section);
                assert!(known.insert(id), "{id} is not new");
                assert!(open.values().all(|(other, _)| *other != section), "two for {section} at {at}");
                open.insert(id, (section, generated.expires_at));
            }
            BriefEvent::Created(_) => assert!(!std::mem::replace(&mut is_created, true), "created twice"),
            BriefEvent::Updated(_) => assert!(is_created, "updated before it was created"),
            _ => {}
        }
    }
}

#[test]
fn whatever_is_asked_proposals_are_decided_once_and_the_strategy_is_whole() {
    histories::check_from::<Brief>(&states(), commands(), histories::nothing_else, |told| {
        keeps_the_rules(told.events);
        let histories::Told { before, after, new, .. } = told;
        let approval = |event: &BriefEvent| matches!(event, BriefEvent::Created(_) | BriefEvent::Updated(_));
        assert!(before.approved == after.approved || new.iter().any(approval), "{new:?}");
        assert!(after.approved.as_ref().is_none_or(|approved| approved.missing().is_empty()));
        assert!(after.status != Status::Approved || after.approved.as_ref() == Some(&after.sections));
        assert!(!new.is_empty() || before == after);
    });
}
