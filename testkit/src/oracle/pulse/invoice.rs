//! What of an invoice deserves attention.

use serde_json::{Value, json};

use super::super::event::Event;
use super::super::time::moment_plus;
use super::saying::{Change, Say, is_worth};

pub(super) fn changes(event: &Event) -> Vec<Change> {
    let payload = event.payload();
    let settle = |matter| Change::Settle(matter, "");
    let here = |say: Say| Change::Say(say.at(format!("/finance/invoices/{}", event.stream_id())));
    match event.kind() {
        "invoice.drafted" => {
            let from = moment_plus(&event.recorded_at, 2);
            vec![here(Say { visible_from: Some(from), ..Say::task("draft", "invoice_drafted", 4) })]
        }
        "invoice.issued" => vec![settle("draft"), here(issued(event))],
        "invoice.payment_recorded" if is_nothing(&payload["balance"]["outstanding"]) => Vec::new(),
        "invoice.payment_recorded" => {
            let say = Say::news("payment", "invoice_partly_paid", 4, event, 7)
                .with("amount", money(&payload["amount"]))
                .with("outstanding", money(&payload["balance"]["outstanding"]));
            vec![here(say), owed(payload)]
        }
        "invoice.paid" => {
            let total = &payload["total"];
            let say = Say::news("payment", "invoice_paid", 4, event, 7).with("total", money(total));
            let say = say.promoted(&[(is_worth(total, 10_000), 4), (is_worth(total, 100_000), 4)]);
            vec![settle("overdue"), here(say)]
        }
        "invoice.refunded" => {
            let amount = &payload["amount"];
            let say = Say::news("refund", "invoice_refunded", 3, event, 14).with("amount", money(amount));
            vec![here(say.promoted(&[(is_worth(amount, 1_000), 3)])), owed(payload)]
        }
        "invoice.overdue" => vec![here(overdue(payload))],
        "invoice.voided" => {
            let say = Say::news("issue", "invoice_voided", 4, event, 7);
            vec![settle("draft"), settle("overdue"), here(say)]
        }
        _ => Vec::new(),
    }
}

fn issued(event: &Event) -> Say {
    let payload = event.payload();
    let total = &payload["totals"]["total"];
    Say::news("issue", "invoice_issued", 5, event, 7)
        .with("number", json!({ "text": payload["number"] }))
        .with("total", money(total))
        .with("due_date", json!({ "date": payload["due_date"] }))
        .promoted(&[(is_worth(total, 10_000), 5)])
}

fn overdue(payload: &Value) -> Say {
    let outstanding = &payload["outstanding"];
    Say::task("overdue", "invoice_overdue", 1)
        .with("outstanding", money(outstanding))
        .with("due_date", json!({ "date": payload["due_date"] }))
        .promoted(&[(true, 2), (is_worth(outstanding, 10_000), 2), (is_worth(outstanding, 100_000), 2)])
}

fn money(money: &Value) -> Value {
    json!({ "money": money })
}

fn is_nothing(money: &Value) -> bool {
    money["amount"] == 0
}

fn owed(payload: &Value) -> Change {
    Change::Restate("overdue", "outstanding", money(&payload["balance"]["outstanding"]))
}
