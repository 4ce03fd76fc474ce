//! What invoices come to together: by state, by the day on which they are due, and by month.

use serde_json::{Value, json};

use super::invoice::amount;
use super::table::{Rows, Sums, Table};

const KEY: &[&str] = &["org_id", "kind", "state", "overdue", "day", "currency"];
const AMOUNTS: [&str; 6] = ["invoices", "net", "gross", "open", "received", "refunded"];

pub(super) fn invoice_sums(rows: &Rows) -> Table {
    let mut sums = Sums::new();
    for row in rows.all() {
        by_state(&mut sums, row);
        if amount(&row["open"]) > 0 {
            add(&mut sums, &group(row, "due", &row["due_on"]), [1, 0, 0, amount(&row["open"]), 0, 0]);
        }
        if !row["issued_on"].is_null() && row["state"] != "void" {
            let day = first_of(row["issued_on"].as_str().unwrap());
            let (net, gross) = (amount(&row["subtotal"]), amount(&row["total"]));
            add(&mut sums, &group(row, "month", &day), [1, net, gross, 0, 0, 0]);
        }
        for (month, moved) in row["months"].as_object().unwrap() {
            let of = |word: &str| moved.get(word).map_or(0, amount);
            let group = group(row, "month", &first_of(month));
            add(&mut sums, &group, [0, 0, 0, 0, of("received"), of("refunded")]);
        }
    }
    sums.into_table("invoices", "invoice_sums", KEY)
}

fn by_state(sums: &mut Sums, row: &Value) {
    let mut group = group(row, "state", &Value::Null);
    group["state"] = row["state"].clone();
    group["overdue"] = row["overdue"].clone();
    let of = |column: &str| amount(&row[column]);
    add(sums, &group, [1, of("subtotal"), of("total"), of("open"), of("paid"), of("refunded")]);
}

fn group(row: &Value, kind: &str, day: &Value) -> Value {
    json!({ "org_id": row["org_id"], "kind": kind, "state": null, "overdue": false, "day": day,
            "currency": row["currency"] })
}

fn add(sums: &mut Sums, group: &Value, amounts: [i64; 6]) {
    let amounts: Vec<_> = AMOUNTS.into_iter().zip(amounts).collect();
    sums.add(group, &amounts);
}

/// Of the month of a day.
fn first_of(day: &str) -> Value {
    json!(format!("{}-01", &day[.."2026-11".len()]))
}
