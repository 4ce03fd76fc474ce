//! What of the strategy deserves attention.

use serde_json::json;

use super::super::event::Event;
use super::saying::{Change, Say};

const SECTIONS: [&str; 7] =
    ["identity", "audience", "offerings", "positioning", "goals", "proof", "operations"];

pub(super) fn changes(event: &Event) -> Vec<Change> {
    let payload = event.payload();
    let settle = |matter| Change::Settle(matter, "");
    let here = |say: Say| Change::Say(say.at("/strategy/brief".to_owned()));
    let review =
        || here(Say::task("review", "brief_to_review", 2).promoted(&[(true, 2), (true, 2), (true, 3)]));
    match event.kind() {
        "brief.drafting_started" => vec![here(Say::task("drafting", "brief_ready_to_draft", 3))],
        "brief.draft_generated" => vec![settle("drafting"), review()],
        "brief.resubmitted" => vec![settle("editing"), review()],
        "brief.changes_requested" => {
            vec![settle("review"), here(Say::task("editing", "brief_changes_requested", 2))]
        }
        "brief.revision_started" => vec![here(Say::task("editing", "brief_revision_started", 4))],
        "brief.created" => {
            let say = Say::news("approval", "brief_approved", 2, event, 30);
            vec![settle("review"), here(say.promoted(&[(true, 2), (true, 2), (true, 1)]))]
        }
        "brief.updated" => {
            let changed = payload["sections"].as_object().unwrap().len();
            let say = Say::news("approval", "brief_updated", 3, event, 14)
                .with("sections", json!({ "count": changed }))
                .promoted(&[(true, 3), (true, 3), (true, 3)]);
            let news = (changed > 0).then(|| here(say));
            [settle("review")].into_iter().chain(news).collect()
        }
        "ai.proposal.generated" => vec![here(proposed(event))],
        "ai.proposal.accepted" | "ai.proposal.rejected" => {
            vec![Change::Settle("proposal", section(event))]
        }
        _ => Vec::new(),
    }
}

/// Until it is decided, or its time is over.
fn proposed(event: &Event) -> Say {
    let expires_at = &event.payload()["expires_at"];
    let say = Say::task("proposal", "brief_section_proposed", 2)
        .with("section", json!({ "word": format!("section.{}", section(event)) }))
        .with("expires_at", json!({ "moment": expires_at }))
        .promoted(&[(true, 3)]);
    Say { which: section(event), expires_at: expires_at.as_str().map(str::to_owned), ..say }
}

fn section(event: &Event) -> &'static str {
    let named = &event.payload()["section"];
    SECTIONS.into_iter().find(|section| named == *section).expect("a section of a brief")
}
