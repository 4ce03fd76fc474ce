use serde_json::{Value, json};

use super::Items;
use crate::given::{id, written};

const BRIEF: &str = "module.brief";

fn drafted() -> Items {
    let mut items = Items::new();
    items.then(id(1), "xentri.brief.started.v1", json!({}));
    items.then(id(1), "xentri.brief.drafting_started.v1", json!({}));
    assert_eq!(items.titles(BRIEF), ["The brief is ready for its draft"]);
    items.then(id(1), "xentri.brief.draft_generated.v1", json!({ "sections": { "goals": "Two" } }));
    items
}

fn everywhere(title: &str, importances: [i32; 4]) -> Vec<(String, i32, String)> {
    let scopes = ["subcategory.direction", "strategy", BRIEF, "category.strategy"];
    scopes.into_iter().zip(importances).map(|(scope, n)| (scope.into(), n, title.to_owned())).collect()
}

#[test]
fn a_draft_waits_for_review_at_every_scope() {
    let items = drafted();
    assert_eq!(items.shown(), everywhere("The brief waits for review", [2, 3, 2, 2]));
}

#[test]
fn changes_that_are_asked_for_end_with_the_next_review() {
    let mut items = drafted();
    items.then(id(1), "xentri.brief.changes_requested.v1", json!({ "note": "Shorter" }));
    assert_eq!(items.shown(), [(BRIEF.into(), 2, "Changes to the brief are asked for".into())]);
    items.then(id(1), "xentri.brief.resubmitted.v1", json!({}));
    assert_eq!(items.shown(), everywhere("The brief waits for review", [2, 3, 2, 2]));
}

#[test]
fn an_approved_brief_is_news_at_the_top() {
    let mut items = drafted();
    items.then(id(1), "xentri.brief.created.v1", json!({ "sections": { "goals": "Two" } }));
    assert_eq!(items.shown(), everywhere("The brief is approved", [2, 1, 2, 2]));
    assert!(items.at("strategy").expires_at.is_some());
}

#[test]
fn a_revision_is_news_only_when_it_changed_something() {
    let revised = |sections: Value| {
        let mut items = drafted();
        items.then(id(1), "xentri.brief.created.v1", json!({ "sections": { "goals": "Two" } }));
        items.then(id(1), "xentri.brief.revision_started.v1", json!({}));
        assert!(items.titles(BRIEF).contains(&"The brief is being revised".to_owned()));
        items.then(id(1), "xentri.brief.resubmitted.v1", json!({}));
        items.then(id(1), "xentri.brief.updated.v1", json!({ "sections": sections }));
        items
    };
    assert_eq!(revised(json!({})).shown(), everywhere("The brief is approved", [2, 1, 2, 2]));
    let changed = revised(json!({ "goals": "Three" }));
    assert_eq!(changed.shown(), everywhere("The strategy has changed", [3, 3, 3, 3]));
}

#[test]
fn each_section_has_a_proposal_of_its_own_until_somebody_decides_or_it_expires() {
    let mut items = drafted();
    for (n, section) in [(11, "goals"), (12, "proof")] {
        let proposal = json!({ "proposal_id": written(n), "section": section, "content": "More",
                               "agent": "Copilot", "expires_at": "2026-03-05T12:00:00Z" });
        items.then(id(1), "xentri.ai.proposal.generated.v1", proposal);
    }
    let proposals = |items: &Items| {
        let mut titles = items.titles(BRIEF);
        titles.retain(|title| title.contains("proposal"));
        titles
    };
    assert_eq!(proposals(&items), ["A proposal for the brief: goals", "A proposal for the brief: proof"]);
    let expires = items.rows.values().filter_map(|row| row.expires_at).map(|at| at.to_string());
    assert_eq!(expires.max().as_deref(), Some("2026-03-05T12:00:00.000000Z"));
    let accepted = json!({ "proposal_id": written(11), "section": "goals", "content": "More" });
    items.then(id(1), "xentri.ai.proposal.accepted.v1", accepted);
    assert_eq!(proposals(&items), ["A proposal for the brief: proof"]);
    items.then(
        id(1),
        "xentri.ai.proposal.rejected.v1",
        json!({ "proposal_id": written(12), "section": "proof" }),
    );
    assert_eq!(proposals(&items), Vec::<String>::new());
}
