//! Leads, and the pipeline: how many are in which state, worth how much.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Fold;
use super::event::Event;
use super::table::{Rows, Sums, Table, take_over};

const DETAILS: &[&str] = &["name", "email", "phone", "company"];

#[derive(Default)]
pub(super) struct Leads {
    rows: Rows,
    /// A lead's person has its id.
    forgotten: BTreeSet<(String, String)>,
}

impl Fold for Leads {
    fn take(&mut self, event: &Event) {
        match event.stream_type() {
            "lead" => self.lead(event),
            "subject" if event.kind() == "subject.forgotten" => {
                self.forgotten.insert(event.stream());
            }
            _ => {}
        }
    }

    fn tables(mut self: Box<Self>) -> Vec<Table> {
        let forgotten = std::mem::take(&mut self.forgotten);
        for row in self.rows.all_mut() {
            let person = (row["org_id"].as_str().unwrap().to_owned(), row["id"].as_str().unwrap().to_owned());
            row["forgotten"] = json!(forgotten.contains(&person));
            if forgotten.contains(&person) {
                for column in ["name", "email", "phone"] {
                    row[column] = Value::Null;
                }
            }
            let found_by = row["name"].as_str().or(row["company"].as_str()).unwrap_or_default();
            row["search"] = json!(found_by.to_lowercase());
        }
        let pipeline = pipeline(&self.rows);
        vec![self.rows.into_table("leads", "leads"), pipeline]
    }
}

impl Leads {
    fn lead(&mut self, event: &Event) {
        let payload = event.payload();
        if event.kind() == "lead.created" {
            self.rows.begin(
                event,
                json!({ "state": "new", "source": payload["source"], "name": null, "email": null, "phone": null,
                        "company": null, "owner": null, "score": null, "proposal_until": null, "follow_ups": [] }),
            );
        }
        let row = self.rows.change(event);
        match event.kind() {
            "lead.created" => {
                take_over(row, payload, DETAILS);
                worth(row, &payload["value"]);
            }
            "lead.updated" => {
                take_over(row, payload, DETAILS);
                if let Some(value) = payload.get("value") {
                    worth(row, value);
                }
            }
            "lead.assigned" => row["owner"] = payload["owner"].clone(),
            "lead.contacted" => {
                if row["state"] == "new" {
                    row["state"] = json!("contacted");
                }
            }
            "lead.qualified" => {
                row["state"] = json!("qualified");
                row["score"] = payload["score"].clone();
            }
            "lead.proposal_sent" => {
                row["state"] = json!("proposal");
                row["proposal_until"] = payload["valid_until"].clone();
                worth(row, &payload["amount"]);
            }
            "deal.won" => {
                row["state"] = json!("won");
                worth(row, &payload["amount"]);
            }
            "lead.disqualified" | "deal.lost" => {
                let lost = event.kind() == "deal.lost";
                row["state"] = json!(if lost { "lost" } else { "disqualified" });
                row["follow_ups"] = json!([]);
            }
            "followup.scheduled" => schedule(row, payload),
            "followup.completed" => {
                let follow_ups = row["follow_ups"].as_array_mut().unwrap();
                follow_ups.retain(|open| open["id"] != payload["follow_up_id"]);
            }
            // Of which a row says nothing.
            "lead.note_added" => {}
            other => panic!("the oracle knows no {other} of a lead"),
        }
    }
}

fn worth(row: &mut Value, value: &Value) {
    row["value_amount"] = value["amount"].clone();
    row["value_currency"] = value["currency"].clone();
}

/// By when they are due; of two at one moment, the one that was scheduled first.
fn schedule(row: &mut Value, payload: &Value) {
    let follow_ups = row["follow_ups"].as_array_mut().unwrap();
    let due = payload["due_at"].as_str();
    let place = follow_ups.iter().position(|open| open["due_at"].as_str() > due);
    let open = json!({ "id": payload["follow_up_id"], "due_at": payload["due_at"] });
    follow_ups.insert(place.unwrap_or(follow_ups.len()), open);
}

fn pipeline(rows: &Rows) -> Table {
    let mut sums = Sums::new();
    for row in rows.all() {
        let currency = row["value_currency"].as_str().unwrap_or_default();
        let group = json!({ "org_id": row["org_id"], "state": row["state"], "currency": currency });
        sums.add(&group, &[("leads", 1), ("amount", row["value_amount"].as_i64().unwrap_or(0))]);
    }
    sums.into_table("leads", "pipeline", &["org_id", "state", "currency"])
}
