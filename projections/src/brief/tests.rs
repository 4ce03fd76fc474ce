use serde_json::{Value, json};
use xentri_domain::kernel::BriefId;

use super::{ANSWERS_KEPT, BriefRow, Briefs, brief_in_tx};
use crate::given::{Given, every_kind_counts, id, moment, written};
use crate::stored::Stored;

const BRIEF: u64 = 1;

/// Type and payload, as they follow each other.
fn after(events: &[(&str, Value)]) -> BriefRow {
    let mut brief = Given::<Briefs>::new();
    brief.then(id(BRIEF), "xentri.brief.started.v1", json!({}));
    for (name, payload) in events {
        brief.then(id(BRIEF), &format!("xentri.{name}.v1"), payload.clone());
    }
    brief.row(id(BRIEF)).clone()
}

fn five() -> Value {
    json!({ "identity": "A bakery", "audience": "Early birds", "offerings": "Bread", "positioning": "Warm", "goals": "Two" })
}

fn drafted() -> Vec<(&'static str, Value)> {
    vec![
        ("brief.answer_recorded", json!({ "question": "Who?", "answer": "Bakers." })),
        ("brief.drafting_started", json!({})),
        ("brief.draft_generated", json!({ "sections": five() })),
    ]
}

fn and(mut before: Vec<(&'static str, Value)>, next: &[(&'static str, Value)]) -> BriefRow {
    before.extend(next.iter().cloned());
    after(&before)
}

fn approved() -> Vec<(&'static str, Value)> {
    let mut events = drafted();
    events.push(("brief.created", json!({ "sections": five() })));
    events
}

fn proposal(n: u64, section: &str, content: &str) -> (&'static str, Value) {
    let payload = json!({ "proposal_id": written(n), "section": section, "content": content, "agent": "scout",
                          "expires_at": "2026-03-09T12:00:00.000000Z" });
    ("ai.proposal.generated", payload)
}

#[test]
fn a_brief_begins_with_nothing() {
    let row = after(&[]);
    assert_eq!((row.state.as_str(), row.version, row.answer_count), ("initiated", 1, 0));
    assert_eq!((row.sections.0, row.proposals.0, row.answers.0), (json!({}), json!([]), json!([])));
    assert_eq!((row.approved, row.approved_version, row.approved_at), (None, None, None));
}

#[test]
fn an_answer_is_kept_with_its_question_and_its_moment() {
    let row = after(&[("brief.answer_recorded", json!({ "question": "Who?", "answer": "Bakers." }))]);
    let kept = json!([{ "question": "Who?", "answer": "Bakers.", "recorded_at": moment(2) }]);
    assert_eq!((row.state.as_str(), row.answers.0, row.answer_count), ("conversing", kept, 1));
}

#[test]
fn of_a_long_conversation_the_last_answers_are_kept() {
    let answers: Vec<_> = (0..ANSWERS_KEPT + 3)
        .map(|n| ("brief.answer_recorded", json!({ "question": "Which?", "answer": n.to_string() })))
        .collect();
    let row = after(&answers);
    let kept = row.answers.0.as_array().unwrap();
    assert_eq!((row.answer_count, kept.len(), &kept[0]["answer"]), (53, 50, &json!("3")));
    assert_eq!(kept[49]["answer"], "52");
}

#[test]
fn a_brief_goes_from_its_draft_through_review_and_editing_to_its_approval() {
    assert_eq!(after(&drafted()[..2]).state, "drafting");
    let row = after(&drafted());
    assert_eq!((row.state.as_str(), &row.sections.0), ("review_pending", &five()));
    let edited = [
        ("brief.changes_requested", json!({ "note": "Shorter." })),
        ("brief.section_edited", json!({ "section": "goals", "content": "Three" })),
    ];
    let row = and(drafted(), &edited);
    assert_eq!(
        (row.state.as_str(), &row.sections.0["goals"], &row.approved),
        ("editing", &json!("Three"), &None)
    );
    let row = and(drafted(), &[edited[0].clone(), edited[1].clone(), ("brief.resubmitted", json!({}))]);
    assert_eq!(row.state, "review_pending");
    let row = after(&approved());
    assert_eq!((row.state.as_str(), row.version), ("approved", 5));
    assert_eq!(
        (row.approved.unwrap().0, row.approved_version, row.approved_at),
        (five(), Some(5), Some(moment(5)))
    );
}

#[test]
fn what_was_approved_holds_until_a_revision_is_approved() {
    let revised = [
        ("brief.revision_started", json!({})),
        ("brief.section_edited", json!({ "section": "proof", "content": "Medals" })),
    ];
    let row = and(approved(), &revised);
    assert_eq!((row.state.as_str(), &row.sections.0["proof"]), ("editing", &json!("Medals")));
    assert_eq!((row.approved.as_ref().map(|kept| &kept.0), row.approved_version), (Some(&five()), Some(5)));
    let updated = ("brief.updated", json!({ "sections": { "proof": "Medals" } }));
    let row = and(approved(), &[revised[0].clone(), revised[1].clone(), updated]);
    assert_eq!(
        (row.state.as_str(), row.approved_version, row.approved_at),
        ("approved", Some(8), Some(moment(8)))
    );
    assert_eq!(row.approved.unwrap().0, row.sections.0);
}

#[test]
fn a_proposal_is_open_until_it_is_accepted_or_rejected() {
    let row = and(drafted(), &[proposal(7, "goals", "Three"), proposal(8, "proof", "Medals")]);
    let open = json!([
        { "id": written(7), "section": "goals", "content": "Three", "agent": "scout", "proposed_at": moment(5),
          "expires_at": "2026-03-09T12:00:00.000000Z" },
        { "id": written(8), "section": "proof", "content": "Medals", "agent": "scout", "proposed_at": moment(6),
          "expires_at": "2026-03-09T12:00:00.000000Z" },
    ]);
    assert_eq!(
        (row.state.as_str(), &row.sections.0, row.proposals.0),
        ("review_pending", &five(), open.clone())
    );
    let accepted = json!({ "proposal_id": written(7), "section": "goals", "content": "Three" });
    let both = [proposal(7, "goals", "Three"), proposal(8, "proof", "Medals")];
    let row = and(drafted(), &[both[0].clone(), both[1].clone(), ("ai.proposal.accepted", accepted)]);
    assert_eq!((&row.sections.0["goals"], row.proposals.0), (&json!("Three"), json!([open[1]])));
    let rejected = json!({ "proposal_id": written(8), "section": "proof", "reason": "No medals." });
    let row = and(drafted(), &[both[0].clone(), both[1].clone(), ("ai.proposal.rejected", rejected)]);
    assert_eq!((&row.sections.0, row.proposals.0), (&five(), json!([open[0]])));
}

#[test]
fn another_proposal_takes_the_place_of_one_that_expired() {
    let row = and(drafted(), &[proposal(7, "goals", "Three"), proposal(8, "goals", "Four")]);
    let proposals = row.proposals.0.as_array().unwrap();
    assert_eq!((proposals.len(), &proposals[0]["content"]), (1, &json!("Four")));
}

#[test]
fn every_kind_of_event_counts() {
    every_kind_counts::<Briefs>("brief", "xentri.brief.started.v1", &[], |row| (row.version, row.updated_at));
}

#[tokio::test]
async fn an_org_reads_its_own_brief() {
    let stored = Stored::new().await;
    for content in ["Three", "Four"] {
        let home = stored.org().await;
        assert_eq!(brief_in_tx(&mut stored.read(home).await).await.unwrap(), None);
        let brief = BriefId::of(home.org()).uuid();
        let mut given = Given::<Briefs>::of(home.org());
        given.then(brief, "xentri.brief.started.v1", json!({}));
        for (name, payload) in approved().into_iter().chain([proposal(7, "goals", content)]) {
            given.then(brief, &format!("xentri.{name}.v1"), payload);
        }
        stored.keep::<Briefs>(home, &given.events, 2).await;
        let read = brief_in_tx(&mut stored.read(home).await).await.unwrap();
        assert_eq!(read.as_ref(), Some(given.row(brief)));
    }
}
