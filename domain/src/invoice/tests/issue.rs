//! Numbers and dates: what an invoice gets when it is issued, and when it is overdue.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{a_draft, draft, drafted, issued, line, numbered, payment, totals};
use crate::aggregate::scenario::{Given, facts, given, org_created, org_id, stream_id};
use crate::aggregate::{
    Aggregate, CommandSet, Decision, Facts, Halt, Refusal, RefusalKind, Stream, StreamRef, histories,
};
use crate::claims::{InvoiceNumberEvent, InvoiceNumbers, NumberTaken};
use crate::invoice::{Invoice, InvoiceCommand, InvoiceNumber, Status};
use crate::kernel::{Coded, LeadId, StreamId};
use crate::org::Org;
use crate::registry::Event;

/// Of an org that keeps its calendar there.
fn given_in(zone: &str, history: Vec<Value>) -> Given<Invoice> {
    let mut org = org_created();
    org["time_zone"] = zone.into();
    given::<Invoice>(history).and::<Org>(org_id(), [org])
}

#[test]
fn issuing_takes_the_next_number_and_fixes_dates_and_totals() {
    let lead = LeadId::v7(5, [5; 10]);
    let mut draft = drafted(&[line()]);
    draft["lead_id"] = json!(lead);
    let numbers = StreamRef::of::<InvoiceNumbers>(InvoiceNumbers::of(org_id(), 2026));
    let state = numbered(given::<Invoice>([draft]), 41)
        .when("issue", json!({}))
        .then([
            json!({
                "type": "xentri.invoice.issued.v1", "number": "INV-2026-000042", "year": 2026, "sequence": 42,
                "issue_date": "2026-03-02", "due_date": "2026-04-01", "totals": totals(100_000, 21_000),
                "lead_id": lead,
            }),
            json!({
                "type": "xentri.invoice_number.taken.v1", "year": 2026, "number": 42, "invoice_id": stream_id(),
                "on": numbers.to_string(),
            }),
        ])
        .into_state();
    let bill = state.bill.unwrap();
    assert_eq!((state.status, bill.number.as_str()), (Status::Issued, "INV-2026-000042"));
    assert_eq!(bill.balance.outstanding, bill.totals.total);
}

#[test]
fn no_number_is_taken_before_the_numbers_were_looked_at() {
    let numbers = StreamRef::of::<InvoiceNumbers>(InvoiceNumbers::of(org_id(), 2026));
    given::<Invoice>(a_draft()).when("issue", json!({})).needs([numbers]);
}

#[test]
fn the_number_begins_with_the_prefix_of_the_org_and_grows_beyond_six_digits() {
    let mut org = org_created();
    org["invoice_prefix"] = "ES-A".into();
    let million = json!({
        "type": "xentri.invoice_number.taken.v1", "year": 2026, "number": 999_999, "invoice_id": stream_id(),
    });
    let outcome = given::<Invoice>(a_draft())
        .and::<Org>(org_id(), [org])
        .and::<InvoiceNumbers>(InvoiceNumbers::of(org_id(), 2026), [million])
        .when("issue", json!({}));
    assert_eq!(outcome.afterwards().bill.unwrap().number.as_str(), "ES-A-2026-1000000");
}

#[test]
fn numbers_are_written_in_one_way() {
    for good in ["INV-2026-000042", "ES-A-1999-1000000", "A-2026-4294967295", "2026-2026-000001"] {
        assert_eq!(InvoiceNumber::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "",
        "INV",
        "INV-2026",
        "INV-2026-42",
        "INV-2026-0000042",
        "INV-26-000042",
        "inv-2026-000042",
        "-2026-000042",
        "INV--2026-000042",
        "INV-2026-00004x",
        "INV-2026-000042 ",
        "INV-2026-00000000042",
        "ABCDEFGHIJKLMNOPQ-2026-000042",
    ] {
        assert!(InvoiceNumber::parse(bad).is_err(), "{bad:?}");
        assert!(!validator().is_valid(&json!(bad)), "{bad:?}");
    }
    assert!(validator().is_valid(&json!("ES-A-1999-1000000")));
}

fn validator() -> jsonschema::Validator {
    let schema = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    jsonschema::validator_for(&schema.into_root_schema_for::<InvoiceNumber>().to_value()).unwrap()
}

#[test]
fn the_last_number_of_all_is_not_taken_twice() {
    let last = json!({
        "type": "xentri.invoice_number.taken.v1", "year": 2026, "number": u32::MAX, "invoice_id": stream_id(),
    });
    let numbers = InvoiceNumbers::of(org_id(), 2026);
    let error = given::<Invoice>(a_draft()).and::<InvoiceNumbers>(numbers, [last]).when("issue", json!({}));
    assert_eq!(error.refusal().code(), "no_number_left");
}

#[test]
fn what_is_given_away_is_paid_at_once_and_what_is_owed_to_the_customer_is_no_invoice() {
    let discount =
        json!({ "description": "Discount", "quantity": "10", "unit_price": -10_000, "tax_rate_bp": 2100 });
    let cent = json!({ "description": "A cent", "quantity": "1", "unit_price": 1, "tax_rate_bp": 0 });
    let issue =
        |lines: &[Value]| numbered(given::<Invoice>([drafted(lines)]), 0).when("issue", json!({})).answer();
    let (issued, paid) = ("xentri.invoice.issued.v1", "xentri.invoice.paid.v1");
    let taken = "xentri.invoice_number.taken.v1";
    assert_eq!(issue(&[line(), discount.clone(), cent]), Ok(vec![issued, taken]));
    assert_eq!(issue(&[line(), discount.clone()]), Ok(vec![issued, paid, taken]));
    let error = issue(&[discount]).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("negative_total", RefusalKind::IllegalTransition));
    let error = issue(&[]).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("no_lines", RefusalKind::IllegalTransition));
}

#[test]
fn the_year_of_a_number_is_that_of_the_orgs_calendar() {
    // Each moment lies in different years in different places.
    for (zone, now, year, issue_date, due_date) in [
        ("Pacific/Auckland", "2026-12-31T10:59:59.999999Z", 2026, "2026-12-31", "2027-01-30"),
        ("Pacific/Auckland", "2026-12-31T11:00:00Z", 2027, "2027-01-01", "2027-01-31"),
        ("UTC", "2026-12-31T11:00:00Z", 2026, "2026-12-31", "2027-01-30"),
        ("UTC", "2027-01-01T00:00:00Z", 2027, "2027-01-01", "2027-01-31"),
        ("America/Los_Angeles", "2027-01-01T07:59:59.999999Z", 2026, "2026-12-31", "2027-01-30"),
        ("America/Los_Angeles", "2027-01-01T08:00:00Z", 2027, "2027-01-01", "2027-01-31"),
        ("Europe/Madrid", "2028-01-30T12:00:00Z", 2028, "2028-01-30", "2028-02-29"),
    ] {
        let numbers = InvoiceNumbers::of(org_id(), year);
        let taken = json!({ "type": "xentri.invoice_number.taken.v1", "year": year, "number": 6, "invoice_id": stream_id() });
        let state = given_in(zone, a_draft())
            .at(now)
            .and::<InvoiceNumbers>(numbers, [taken])
            .when("issue", json!({}))
            .afterwards();
        let bill = state.bill.unwrap();
        assert_eq!(bill.number.as_str(), format!("INV-{year}-000007"), "{zone} at {now}");
        assert_eq!(bill.issue_date.to_string(), issue_date, "{zone} at {now}");
        assert_eq!(bill.due_date.to_string(), due_date, "{zone} at {now}");
    }
}

#[test]
fn an_invoice_is_overdue_once_its_due_date_is_over_where_the_org_is() {
    for (zone, last, first) in [
        ("Pacific/Auckland", "2026-02-28T10:59:59.999999Z", "2026-02-28T11:00:00Z"),
        ("UTC", "2026-02-28T23:59:59.999999Z", "2026-03-01T00:00:00Z"),
        ("America/Los_Angeles", "2026-03-01T07:59:59.999999Z", "2026-03-01T08:00:00Z"),
    ] {
        let at = |now| {
            given_in(zone, vec![drafted(&[line()]), issued()])
                .at(now)
                .when("mark-overdue", json!({}))
                .answer()
        };
        let error = at(last).unwrap_err();
        assert_eq!((error.code(), error.kind()), ("not_due", RefusalKind::IllegalTransition), "{zone}");
        assert_eq!(at(first), Ok(vec!["xentri.invoice.overdue.v1"]), "{zone}");
    }
}

#[test]
fn nothing_is_due_after_the_end_of_the_calendar() {
    let error = given_in("UTC", a_draft()).at("9999-12-30T00:00:00Z").when("issue", json!({})).refusal();
    assert_eq!(error.code(), "due_too_late");
}

/// What is done with one of a few invoices, so many days after what was done before.
type Deed = (u8, &'static str, u64);

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let command =
        prop_oneof![Just("draft"), Just("issue"), Just("issue"), Just("record-payment"), Just("void")];
    prop::collection::vec((1_u8..6, command, prop_oneof![4 => Just(0_u64), 1 => 0_u64..60]), 1..30)
}

fn command(name: &str) -> InvoiceCommand {
    let body = match name {
        "draft" => draft(&[line()]),
        "record-payment" => payment(1, "P-1"),
        "void" => json!({ "reason": "a mistake" }),
        _ => json!({}),
    };
    InvoiceCommand::read(name, body).unwrap().unwrap()
}

/// Does them to a few invoices, whose numbers stand among the facts, and gives what was taken, in order.
fn taken_by(deeds: Vec<Deed>) -> Vec<NumberTaken> {
    let mut invoices: BTreeMap<StreamId, Invoice> = BTreeMap::new();
    let mut taken = Vec::new();
    let mut facts = facts();
    facts.now = "2026-11-15T12:00:00Z".parse().unwrap();
    for (n, name, days) in deeds {
        facts.now = facts.now.plus(Duration::from_hours(24 * days)).unwrap();
        facts.stream = StreamId::v7(7, [n; 10]);
        let invoice = invoices.entry(facts.stream).or_default();
        let decision = loop {
            match invoice.decide(command(name), &facts) {
                Ok(decision) => break decision,
                Err(Halt::Refused(_)) => break Decision::nothing(),
                Err(Halt::Unread(unread)) => histories::add_empty::<InvoiceNumbers>(&mut facts, &unread),
            }
        };
        decision.events.iter().for_each(|event| invoice.apply(event));
        taken.extend(decision.elsewhere.into_iter().map(|(stream, event)| take(&mut facts, stream, event)));
    }
    let bills = invoices.values().filter(|invoice| invoice.bill.is_some());
    assert_eq!(bills.count(), taken.len(), "who has a bill has taken a number");
    taken
}

fn take(facts: &mut Facts, stream: StreamRef, event: Event) -> NumberTaken {
    let Event::InvoiceNumbers(event) = event else { panic!("{event:?}") };
    let mut numbers = facts.read::<InvoiceNumbers>(stream.id).unwrap().clone();
    numbers.apply(&event);
    facts.add::<InvoiceNumbers>(stream.id, Arc::new(numbers));
    let InvoiceNumberEvent::NumberTaken(taken) = event;
    assert_eq!(stream, StreamRef::of::<InvoiceNumbers>(InvoiceNumbers::of(org_id(), taken.year)));
    assert_eq!(facts.stream, taken.invoice_id.into());
    taken
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn numbers_are_taken_once_by_each_invoice_and_leave_no_gap(deeds in deeds()) {
        let mut last: BTreeMap<i16, u32> = BTreeMap::new();
        let mut invoices = Vec::new();
        for taken in taken_by(deeds) {
            let last = last.entry(taken.year).or_default();
            *last += 1;
            prop_assert_eq!(taken.number, *last);
            prop_assert!(!invoices.contains(&taken.invoice_id));
            invoices.push(taken.invoice_id);
        }
    }
}
