//! What of a lead deserves attention.

use serde_json::{Value, json};

use super::super::event::Event;
use super::super::time::day_plus;
use super::saying::{Change, Say, is_worth};

pub(super) fn changes(event: &Event) -> Vec<Change> {
    let payload = event.payload();
    let settle = |matter| Change::Settle(matter, "");
    let here = |say: Say| say.at(format!("/sales/leads/{}", event.stream_id()));
    match event.kind() {
        "lead.created" => vec![here(created(&payload["value"])).into()],
        "lead.contacted" => vec![settle("first_contact")],
        "lead.qualified" => {
            let score = &payload["score"];
            let say = Say::task("next_step", "lead_qualified", 3).with("score", json!({ "count": score }));
            vec![here(say.promoted(&[(score.as_i64() >= Some(80), 3)])).into()]
        }
        "lead.proposal_sent" => vec![settle("next_step"), here(proposal(payload)).into()],
        "deal.won" => {
            let amount = &payload["amount"];
            let say =
                Say::news("outcome", "deal_won", 2, event, 14).with("amount", json!({ "money": amount }));
            let say =
                say.promoted(&[(true, 3), (is_worth(amount, 10_000), 3), (is_worth(amount, 100_000), 2)]);
            vec![settle("proposal"), here(say).into()]
        }
        "deal.lost" => {
            let say = Say::news("outcome", "deal_lost", 3, event, 14).promoted(&[(true, 4)]);
            vec![settle("next_step"), settle("proposal"), settle("follow_up"), here(say).into()]
        }
        "lead.disqualified" => vec![settle("first_contact"), settle("next_step"), settle("follow_up")],
        "followup.scheduled" => {
            let due = &payload["due_at"];
            let say = Say::task("follow_up", "follow_up_due", 2).with("due_at", json!({ "moment": due }));
            let say = Say { visible_from: due.as_str().map(str::to_owned), ..here(say) };
            vec![Change::Queue(id(payload), say)]
        }
        "followup.completed" => vec![Change::Unqueue("follow_up", id(payload))],
        _ => Vec::new(),
    }
}

fn id(payload: &Value) -> String {
    payload["follow_up_id"].as_str().unwrap().to_owned()
}

fn created(value: &Value) -> Say {
    let say = Say::task("first_contact", "lead_created", 3);
    let say = say.promoted(&[(is_worth(value, 10_000), 3), (is_worth(value, 100_000), 3)]);
    if value.is_null() { say } else { say.with("value", json!({ "money": value })) }
}

/// Seen from three days before its end, by UTC.
fn proposal(payload: &Value) -> Say {
    let (amount, until) = (&payload["amount"], &payload["valid_until"]);
    let say = Say::task("proposal", "proposal_ends", 2)
        .with("amount", json!({ "money": amount }))
        .with("valid_until", json!({ "date": until }))
        .promoted(&[
            (is_worth(amount, 10_000), 2),
            (is_worth(amount, 50_000), 3),
            (is_worth(amount, 250_000), 3),
        ]);
    let notice = day_plus(until.as_str().unwrap(), -3);
    Say { visible_from: Some(format!("{notice}T00:00:00.000000Z")), ..say }
}
