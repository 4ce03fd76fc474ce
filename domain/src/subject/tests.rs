//! The whole table of a subject, what forgetting records, and that it happens once.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Subject, SubjectError};
use crate::aggregate::scenario::{Given, facts, fold, given, stream_id};
use crate::aggregate::{
    Aggregate, CommandSet, Decision, Facts, Halt, Refusal, RefusalKind, StreamRef, Unread, histories, table,
};
use crate::kernel::StreamId;
use crate::lead::Lead;

fn forgotten() -> Value {
    json!({ "type": "xentri.subject.forgotten.v1", "streams": [{ "type": "lead", "id": stream_id() }] })
}

/// Whoever is known is known as a lead.
fn known(facts: &mut Facts) {
    facts.subject_streams = Some(vec![StreamRef::of::<Lead>(stream_id())]);
}

fn unknown(facts: &mut Facts) {
    facts.subject_streams = Some(vec![]);
}

#[test]
#[rustfmt::skip]
fn the_whole_table() {
    let states = [("unknown", vec![]), ("known", vec![]), ("forgotten", vec![forgotten()])];
    let among = |state: &str, given: Given<Subject>| given.with(if state == "unknown" { unknown } else { known });
    table::check_with::<Subject>(&states, &[
        // command, body        unknown, known, forgotten
        ("forget", json!({}),   &["!not_found", "subject.forgotten", "nothing"]),
    ], among);
}

#[test]
fn forgetting_names_every_stream_that_knows_the_person() {
    let invoice = StreamId::v7(7, [7; 10]);
    given::<Subject>([])
        .with(|facts| {
            let elsewhere = StreamRef { stream_type: "invoice", id: invoice };
            facts.subject_streams = Some(vec![StreamRef::of::<Lead>(stream_id()), elsewhere]);
        })
        .when("forget", json!({ "reason": "asked for it by letter" }))
        .then([json!({
            "type": "xentri.subject.forgotten.v1", "reason": "asked for it by letter",
            "streams": [{ "type": "lead", "id": stream_id() }, { "type": "invoice", "id": invoice }],
        })])
        .state(&json!({ "forgotten": true }));
}

#[test]
fn somebody_of_whom_nothing_is_known_can_t_be_forgotten() {
    given::<Subject>([]).with(unknown).when("forget", json!({})).refused(|error, id| {
        assert_eq!(*error, SubjectError::NotFound { id });
        assert_eq!(error.to_string(), format!("nothing is known about subject {id}"));
        assert_eq!((error.kind(), error.pointer()), (RefusalKind::NotFound, None));
    });
}

#[test]
fn a_decision_asks_for_the_persons_streams_unless_they_are_forgotten_already() {
    let forget = || <Subject as Aggregate>::Command::read("forget", json!({})).unwrap().unwrap();
    let asked = Subject::default().decide(forget(), &facts());
    assert_eq!(asked, Err(Halt::Unread(Unread::SubjectStreams)));
    assert_eq!(fold::<Subject>([forgotten()]).decide(forget(), &facts()), Ok(Decision::nothing()));
}

#[test]
fn a_reason_that_is_none_is_refused_where_it_stands() {
    for (reason, code) in [
        (String::new(), "empty"),
        ("x".repeat(1001), "too_long"),
        ("a\u{0}b".to_owned(), "control_character"),
        ("a\nb".to_owned(), "control_character"),
        ("a\u{202e}b".to_owned(), "bidi_control"),
    ] {
        given::<Subject>([]).when("forget", json!({ "reason": reason })).malformed_at("/reason", code);
    }
    given::<Subject>([]).when("forget", json!({ "name": "Ada" })).malformed();
}

#[test]
fn whatever_is_asked_a_person_is_forgotten_once_and_for_ever() {
    let commands = prop::option::of("[a-z]{1,9}").prop_map(|reason| ("forget", json!({ "reason": reason })));
    let answer = |facts: &mut Facts, unread: &Unread| {
        assert_eq!(*unread, Unread::SubjectStreams);
        known(facts);
    };
    histories::check::<Subject>(commands, answer, |before, after, events| {
        assert!(after.forgotten);
        assert_eq!(events.len(), usize::from(!before.forgotten));
    });
}

#[test]
fn who_is_in_thousands_of_streams_is_forgotten_by_several_events_that_fit() {
    let streams: Vec<_> = (0..2_500_u64).map(|n| StreamRef::of::<Lead>(StreamId::v7(n, [9; 10]))).collect();
    let decided =
        given::<Subject>([]).with(|facts| facts.subject_streams = Some(streams)).when("forget", json!({}));
    assert_eq!(decided.answer(), Ok(vec!["xentri.subject.forgotten.v1"; 3]));
}
