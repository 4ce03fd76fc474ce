//! The strategy of a company: its sections, what of them is approved, who proposes what, and what was answered.

use serde_json::{Value, json};

use super::Fold;
use super::event::Event;
use super::table::{Rows, Table, set_all};

const ANSWERS_SHOWN: usize = 50;

#[derive(Default)]
pub(super) struct Briefs(Rows);

impl Fold for Briefs {
    fn take(&mut self, event: &Event) {
        if event.stream_type() != "brief" {
            return;
        }
        if event.kind() == "brief.started" {
            return self.0.begin(
                event,
                json!({ "state": "initiated", "sections": {}, "approved": null, "approved_version": null,
                        "approved_at": null, "proposals": [], "answers": [], "answer_count": 0 }),
            );
        }
        let row = self.0.change(event);
        match event.kind() {
            "brief.answer_recorded" => answer(row, event),
            "brief.drafting_started" => row["state"] = json!("drafting"),
            "brief.draft_generated" => {
                row["state"] = json!("review_pending");
                write(row, event);
            }
            "brief.resubmitted" => row["state"] = json!("review_pending"),
            "brief.changes_requested" | "brief.revision_started" => row["state"] = json!("editing"),
            "brief.section_edited" => write(row, event),
            "brief.created" | "brief.updated" => approve(row, event),
            "ai.proposal.generated" => propose(row, event),
            "ai.proposal.accepted" => {
                write(row, event);
                decide(row, event);
            }
            "ai.proposal.rejected" => decide(row, event),
            other => panic!("the oracle knows no {other} of a brief"),
        }
    }

    fn tables(self: Box<Self>) -> Vec<Table> {
        vec![self.0.into_table("brief", "briefs")]
    }
}

fn answer(row: &mut Value, event: &Event) {
    row["state"] = json!("conversing");
    row["answer_count"] = json!(row["answer_count"].as_i64().unwrap() + 1);
    let answers = row["answers"].as_array_mut().unwrap();
    answers.push(json!({
        "question": event.payload()["question"],
        "answer": event.payload()["answer"],
        "recorded_at": event.recorded_at,
    }));
    while answers.len() > ANSWERS_SHOWN {
        answers.remove(0);
    }
}

/// One section, or several; none is ever taken away.
fn write(row: &mut Value, event: &Event) {
    let payload = event.payload();
    if let Some(sections) = payload.get("sections") {
        set_all(&mut row["sections"], sections.clone());
    } else {
        let section = payload["section"].as_str().unwrap();
        row["sections"][section] = payload["content"].clone();
    }
}

/// What holds from now on is all that the brief says now.
fn approve(row: &mut Value, event: &Event) {
    write(row, event);
    row["state"] = json!("approved");
    row["approved"] = row["sections"].clone();
    row["approved_version"] = event.version().clone();
    row["approved_at"] = json!(event.recorded_at);
}

fn propose(row: &mut Value, event: &Event) {
    decide(row, event);
    let payload = event.payload();
    row["proposals"].as_array_mut().unwrap().push(json!({
        "id": payload["proposal_id"],
        "section": payload["section"],
        "content": payload["content"],
        "agent": payload["agent"],
        "proposed_at": event.recorded_at,
        "expires_at": payload["expires_at"],
    }));
}

/// The section has no open proposal any more.
fn decide(row: &mut Value, event: &Event) {
    let section = &event.payload()["section"];
    row["proposals"].as_array_mut().unwrap().retain(|proposal| proposal["section"] != *section);
}
