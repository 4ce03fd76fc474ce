//! People who ask for something, and what comes of it: a deal, a bill, money.

use serde_json::{Value, json};
use xentri_domain::kernel::{StreamId, UserId};

use super::story::{DAY, HOUR, Open, Story, Who};
use super::words::{COMPANIES, FIRST, LAST, NOTES, PRODUCTS, REASONS_LOST, REASONS_OUT};

/// The last ones come shortly before the year is over.
const YEAR: i64 = 355 * DAY;

/// Somebody on the way through the year.
struct Lead {
    id: StreamId,
    name: String,
    email: String,
    value: i64,
    /// When something happened last.
    at: i64,
}

pub(super) fn tell(story: &mut Story<'_>, owner: UserId) -> anyhow::Result<()> {
    for number in 0..story.org.leads {
        let (number, all) = (i64::try_from(number)?, i64::try_from(story.org.leads)?);
        let at = 9 * HOUR + YEAR * number / all + story.between(0, 8 * HOUR);
        let mut lead = capture(story, at);
        if follow(story, &mut lead, owner)? {
            bill(story, &lead);
        }
    }
    Ok(())
}

fn capture(story: &mut Story<'_>, at: i64) -> Lead {
    let first = story.one_of(&FIRST).unwrap_or_default();
    let last = story.one_of(&LAST).unwrap_or_default();
    let company = story.one_of(&COMPANIES).unwrap_or_default();
    let mailbox = format!("{first}.{last}").to_lowercase();
    let mailbox: String = mailbox.chars().map(|char| if char.is_ascii() { char } else { 'x' }).collect();
    let id = story.id();
    let value = story.between(8, 90) * 10_000;
    let lead =
        Lead { id, name: format!("{first} {last}"), email: format!("{mailbox}@example.com"), value, at };
    let source = story.one_of(&["form", "form", "manual", "import"]).unwrap_or_default();
    let mut body = json!({ "id": lead.id, "name": lead.name, "email": lead.email, "source": source,
                           "value": story.money(value) });
    if story.happens(70) {
        body["company"] = company.into();
    }
    if story.happens(50) {
        body["phone"] = format!("+34600{:06}", story.below(1_000_000)).into();
    }
    if story.happens(40) {
        body["note"] = story.one_of(&NOTES).into();
    }
    story.happen(at, Who::Member, "lead.capture", None, body);
    lead
}

/// True where it ends in a deal.
fn follow(story: &mut Story<'_>, lead: &mut Lead, owner: UserId) -> anyhow::Result<bool> {
    if story.happens(60) {
        does(story, lead, HOUR, "lead.assign", json!({ "owner": owner }));
    }
    if story.happens(12) {
        let reason = story.one_of(&REASONS_OUT);
        does(story, lead, DAY, "lead.disqualify", json!({ "reason": reason }));
        return Ok(false);
    }
    if !story.happens(90) {
        return Ok(false);
    }
    contact(story, lead);
    if story.happens(30) {
        remind(story, lead);
    }
    if story.happens(40) {
        contact(story, lead);
    }
    if !story.happens(75) {
        return Ok(false);
    }
    let score = story.below(60) + 40;
    does(story, lead, DAY, "lead.qualify", json!({ "score": score, "reason": "Has a budget and a date." }));
    if !story.happens(85) {
        return Ok(false);
    }
    let valid_until = story.day(lead.at + 3 * DAY, 30)?;
    let offer = json!({ "amount": story.money(lead.value), "valid_until": valid_until });
    does(story, lead, 2 * DAY, "lead.send-proposal", offer);
    match story.below(10) {
        0..=5 => {
            let amount = story.money(lead.value);
            does(story, lead, 6 * DAY, "lead.win", json!({ "amount": amount }));
            Ok(true)
        }
        6 | 7 => {
            let reason = story.one_of(&REASONS_LOST);
            does(story, lead, 8 * DAY, "lead.lose", json!({ "reason": reason }));
            Ok(false)
        }
        _ => Ok(false),
    }
}

/// Some time within as long as that.
fn does(story: &mut Story<'_>, lead: &mut Lead, within: i64, command: &'static str, body: Value) {
    lead.at += story.between(within / 4, within);
    story.happen(lead.at, Who::Owner, command, Some(lead.id), body);
}

fn contact(story: &mut Story<'_>, lead: &mut Lead) {
    let channel = story.one_of(&["phone", "email", "meeting", "message"]);
    let note = story.one_of(&NOTES);
    let at = lead.at + HOUR;
    lead.at = at;
    does(
        story,
        lead,
        2 * DAY,
        "lead.log-contact",
        json!({ "channel": channel, "note": note, "at": Story::moment(at) }),
    );
}

/// A follow-up, most often kept.
fn remind(story: &mut Story<'_>, lead: &mut Lead) {
    let due_at = Story::moment(lead.at + 4 * DAY);
    does(
        story,
        lead,
        DAY,
        "lead.schedule-follow-up",
        json!({ "due_at": due_at, "note": "Ask how they like the offer." }),
    );
    if story.happens(80) {
        does(story, lead, 3 * DAY, "lead.complete-follow-up", json!({}));
    }
}

fn bill(story: &mut Story<'_>, lead: &Lead) {
    let id = story.id();
    let count = story.below(3) + 1;
    let lines: Vec<Value> = (0..count)
        .map(|_| {
            let (description, unit_price) = story.one_of(&PRODUCTS).unwrap_or_default();
            let quantity = (story.below(4) + 1).to_string();
            json!({ "description": description, "quantity": quantity, "unit_price": unit_price, "tax_rate_bp": 2100 })
        })
        .collect();
    let due_in_days = story.one_of(&[14, 30]);
    let customer = json!({ "subject_id": lead.id, "name": lead.name, "email": lead.email });
    let draft = json!({ "id": id, "customer": customer, "lead_id": lead.id, "lines": lines,
                        "due_in_days": due_in_days });
    let mut at = lead.at + story.between(HOUR, 2 * DAY);
    story.happen(at, Who::Owner, "invoice.draft", None, draft);
    at += story.between(HOUR, DAY);
    story.happen(at, Who::Owner, "invoice.issue", Some(id), json!({}));
    match story.below(10) {
        0..=5 => pay(story, id, at + 10 * DAY, 100),
        6 => {
            pay(story, id, at + 9 * DAY, 40);
            pay(story, id, at + 25 * DAY, 100);
        }
        7 => pay(story, id, at + 12 * DAY, 50),
        8 => story.happen(at + 20 * DAY, Who::Owner, "invoice.send-reminder", Some(id), json!({})),
        _ => {}
    }
}

fn pay(story: &mut Story<'_>, invoice: StreamId, at: i64, percent: i64) {
    let reference = format!("transfer {}", story.below(1_000_000));
    let body = json!({ "method": "bank_transfer", "reference": reference, "received_at": Story::moment(at) });
    story.happen_open(
        at,
        Who::Member,
        "invoice.record-payment",
        Some(invoice),
        body,
        Open::Outstanding(percent),
    );
}
