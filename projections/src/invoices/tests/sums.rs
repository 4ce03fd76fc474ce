//! Whatever is done with the invoices of some orgs, their sums say what a look at every invoice would.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::aggregate::{Aggregate as _, CommandSet as _, Decision, Facts, Halt, Stream as _, Unread};
use xentri_domain::claims::InvoiceNumbers;
use xentri_domain::invoice::{Invoice, InvoiceCommand, InvoiceEvent};
use xentri_domain::kernel::{Date, OrgId, StreamId, Timestamp};
use xentri_domain::org::{Org, OrgEvent};
use xentri_domain::registry::Event;

use crate::given::{envelope, id, recorded};
use crate::invoices::{InvoiceRow, InvoiceSumRow, Invoices};
use crate::kit::{LedgerEvent, Projection as _, Row as _, Sum as _};

/// An org that keeps its books: what it is asked to do, it decides as a real one does.
struct Books {
    org: OrgId,
    now: Timestamp,
    told: u64,
    settings: Arc<Org>,
    numbers: InvoiceNumbers,
    /// Each with how many events it has.
    invoices: Vec<(Uuid, Invoice, u64)>,
}

impl Books {
    fn of(n: u64) -> Self {
        let created = json!({
            "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es", "invoice_prefix": "INV",
        });
        let mut settings = Org::default();
        settings.apply(&OrgEvent::Created(serde_json::from_value(created).unwrap()));
        Self {
            org: id(100 + n).try_into().unwrap(),
            now: "2026-03-02T15:00:00Z".parse().unwrap(),
            told: 0,
            settings: Arc::new(settings),
            numbers: InvoiceNumbers::default(),
            invoices: (1..4).map(|nth| (id(10 * n + nth), Invoice::default(), 0)).collect(),
        }
    }

    /// The events, none where the command is refused.
    fn give(&mut self, step: &Step) -> Vec<LedgerEvent> {
        self.now = self.now.plus(Duration::from_hours(24 * step.days)).unwrap();
        let Some(decision) = self.decide(step) else { return Vec::new() };
        for (_, event) in &decision.elsewhere {
            let Event::InvoiceNumbers(event) = event else { panic!("{event:?}") };
            self.numbers.apply(event);
        }
        let (id, state, version) = &mut self.invoices[step.invoice];
        let mut place = |event: InvoiceEvent| {
            state.apply(&event);
            (*version, self.told) = (*version + 1, self.told + 1);
            let event = envelope(self.org, *id, *version, event.into());
            let mut event = recorded(event, self.told, self.now);
            event.envelope.occurred_at = self.now;
            event
        };
        decision.events.into_iter().map(&mut place).collect()
    }

    fn decide(&self, step: &Step) -> Option<Decision<Invoice>> {
        let (id, state, _) = &self.invoices[step.invoice];
        let id = StreamId::try_from(*id).unwrap();
        let command = InvoiceCommand::read(step.command, step.body.clone()).unwrap().unwrap();
        let principal = xentri_testkit::factory::system(self.org);
        let mut facts = Facts::new(principal, id, self.now, id);
        facts.add::<Org>(self.org, self.settings.clone());
        loop {
            match state.decide(command.clone(), &facts) {
                Ok(decision) => return Some(decision),
                Err(Halt::Refused(_)) => return None,
                Err(Halt::Unread(Unread::Streams(streams))) => {
                    facts.add::<InvoiceNumbers>(streams[0].id, Arc::new(self.numbers.clone()));
                }
                Err(Halt::Unread(Unread::SubjectStreams)) => panic!("an invoice needs no person"),
            }
        }
    }
}

fn money() -> impl Strategy<Value = Value> {
    let currency = prop_oneof![4 => Just("EUR"), 1 => Just("USD")];
    (1..5_i64, currency)
        .prop_map(|(amount, currency)| json!({ "amount": amount * 500, "currency": currency }))
}

fn lines() -> impl Strategy<Value = Value> {
    let line = (0..3_i64, prop::sample::select(vec![0, 2100])).prop_map(
        |(price, rate)| json!({ "description": "Bread", "quantity": "1", "unit_price": price * 1000, "tax_rate_bp": rate }),
    );
    prop::collection::vec(line, 1..4).prop_map(Value::Array)
}

fn commands() -> impl Strategy<Value = (&'static str, Value)> {
    let draft = (lines(), 0..40_u16, prop_oneof![4 => Just("EUR"), 1 => Just("USD")]);
    prop_oneof![
        3 => draft.prop_map(|(lines, days, currency)| ("draft", json!({
            "customer": { "name": "Ada" }, "lines": lines, "due_in_days": days, "currency": currency,
        }))),
        1 => lines().prop_map(|lines| ("change-lines", json!({ "lines": lines }))),
        4 => Just(("issue", json!({}))),
        6 => (money(), 0..1000_u32, 1..3_u8).prop_map(|(amount, reference, month)| ("record-payment", json!({
            "amount": amount, "method": "cash", "reference": format!("P-{reference}"),
            "received_at": format!("2026-0{month}-28T12:00:00Z"),
        }))),
        3 => money().prop_map(|amount| ("refund", json!({ "amount": amount, "reason": "r" }))),
        2 => Just(("mark-overdue", json!({}))),
        1 => Just(("send-reminder", json!({}))),
        1 => Just(("void", json!({ "reason": "r" }))),
    ]
}

/// A command to one of the three invoices of one of two orgs, after some days.
#[derive(Debug)]
struct Step {
    org: usize,
    invoice: usize,
    command: &'static str,
    body: Value,
    days: u64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..2_usize, 0..3_usize, commands(), 0..20_u64)
        .prop_map(|(org, invoice, (command, body), days)| Step { org, invoice, command, body, days });
    prop::collection::vec(step, 1..60)
}

type Sums = BTreeMap<(OrgId, String, String, bool, String), InvoiceSumRow>;

fn key(sum: &InvoiceSumRow) -> (OrgId, String, String, bool, String) {
    let day = sum.day.map(|day| day.to_string());
    let word = sum.state.as_ref().map(ToString::to_string).or(day).unwrap();
    (sum.org_id, sum.kind.to_string(), word, sum.overdue, sum.currency.to_string())
}

/// As the runtime does: away with what the row added, here with what it adds.
fn change(sums: &mut Sums, row: Option<&InvoiceRow>, times: i64) {
    for sum in row.map(Invoices::sums).into_iter().flatten() {
        let kept = sums.entry(key(&sum)).or_insert_with(|| {
            let mut nothing = sum.clone();
            nothing.add(&sum, -1);
            nothing
        });
        assert_eq!(kept.id, sum.id, "one id for each sum");
        kept.add(&sum, times);
    }
    sums.retain(|_, sum| !sum.is_nothing());
}

/// Of an org, a kind, a state or day, with the mark or without, in a currency.
type Key<'a> = (OrgId, &'a str, String, bool, String);
type Amounts<'a> = BTreeMap<Key<'a>, [i64; 6]>;

/// The same from all rows, and what moved from all events, each asked in the simplest way.
fn looked_at(rows: &BTreeMap<Uuid, InvoiceRow>, events: &[LedgerEvent]) -> Amounts<'static> {
    let mut found = Amounts::new();
    let mut add = |key, amounts: [i64; 6]| {
        let sum: &mut [i64; 6] = found.entry(key).or_default();
        sum.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
    };
    for row in rows.values() {
        let (org, currency) = (row.org_id, || row.currency.to_string());
        add(
            (org, "state", row.state.to_string(), row.overdue, currency()),
            [1, row.subtotal, row.total, row.open, row.paid, row.refunded],
        );
        if row.state == "issued" || row.state == "partially_paid" {
            add((org, "due", row.due_on.unwrap().to_string(), false, currency()), [1, 0, 0, row.open, 0, 0]);
        }
        if row.number.is_some() && row.state != "void" {
            let month = format!("{}-01", &row.issued_on.unwrap().to_string()[..7]);
            add((org, "month", month, false, currency()), [1, row.subtotal, row.total, 0, 0, 0]);
        }
    }
    for event in events {
        let (moment, moved) = match event.payload() {
            Event::Invoice(InvoiceEvent::PaymentRecorded(paid)) => (paid.received_at, (paid.amount, [1, 0])),
            Event::Invoice(InvoiceEvent::Refunded(back)) => {
                (event.envelope.occurred_at, (back.amount, [0, 1]))
            }
            _ => continue,
        };
        let (amount, [received, refunded]) = (moved.0.amount(), moved.1);
        let month = format!("{}-01", &moment.to_string()[..7]);
        let currency = moved.0.currency().to_string();
        add(
            (event.org(), "month", month, false, currency),
            [0, 0, 0, 0, amount * received, amount * refunded],
        );
    }
    found
}

fn amounts(sums: &Sums) -> Vec<(Key<'_>, [i64; 6])> {
    let of = |sum: &InvoiceSumRow| [sum.invoices, sum.net, sum.gross, sum.open, sum.received, sum.refunded];
    let listed = sums.iter().map(|((org, kind, word, overdue, currency), sum)| {
        ((*org, kind.as_str(), word.clone(), *overdue, currency.clone()), of(sum))
    });
    listed.collect()
}

/// What is open is what was billed less what was paid and not given back, until nothing is left; then it stays nothing.
fn money_adds_up(row: &InvoiceRow, state: &Invoice) {
    assert_eq!(row.subtotal + row.tax, row.total);
    assert!(row.paid >= row.refunded && row.refunded >= 0 && row.open >= 0);
    match row.state.as_str() {
        "draft" | "void" => assert_eq!((row.open, row.paid), (0, row.refunded)),
        "issued" | "partially_paid" => {
            assert_eq!(row.open, row.total - row.paid + row.refunded);
            assert!(row.open > 0);
            assert_eq!(row.state == "issued", row.paid == row.refunded);
        }
        "paid" => assert!(row.open == 0 && row.paid >= row.total),
        other => panic!("{other}"),
    }
    assert!(!row.overdue || row.open > 0);
    assert_eq!(row.overdue, row.overdue_since.is_some());
    // The state that decides knows the same.
    assert_eq!((row.state.as_str(), row.status()), (state.status.as_str(), state.shown_status()));
    let Some(bill) = &state.bill else { return };
    assert_eq!(row.open, bill.balance.outstanding.amount());
    assert_eq!(row.paid - row.refunded, bill.balance.net_paid.amount());
}

#[test]
fn whatever_happens_to_invoices_their_sums_are_those_of_all_rows() {
    let seen = std::cell::RefCell::new(BTreeSet::new());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) };
    proptest!(config, |(steps in steps())| {
        let mut books = [Books::of(0), Books::of(1)];
        let (mut rows, mut sums, mut events) = (BTreeMap::new(), Sums::new(), Vec::new());
        for step in &steps {
            for event in books[step.org].give(step) {
                let id = event.stream_id();
                let before: Option<InvoiceRow> = rows.remove(&id);
                change(&mut sums, before.as_ref(), -1);
                let after = Invoices::fold(id, before, &event).unwrap().unwrap();
                change(&mut sums, Some(&after), 1);
                rows.insert(id, after);
                events.push(event);
            }
            let (id, state, _) = &books[step.org].invoices[step.invoice];
            if let Some(row) = rows.get(id) {
                money_adds_up(row, state);
                seen.borrow_mut().insert(row.status().to_owned());
            }
        }
        let expected: Vec<_> =
            looked_at(&rows, &events).into_iter().filter(|(_, amounts)| amounts.iter().any(|n| *n != 0)).collect();
        prop_assert_eq!(amounts(&sums), expected);
    });
    let seen = seen.into_inner();
    let ways = ["draft", "issued", "overdue", "paid", "partially_paid", "void"];
    assert!(ways.iter().all(|way| seen.contains(*way)), "never tried: {seen:?}");
}

#[test]
fn sums_have_ids_of_their_own() {
    let mut row = super::Told::issued().row();
    let mut ids = BTreeSet::new();
    let mut all = |row: &InvoiceRow| ids.extend(Invoices::sums(row).iter().map(InvoiceSumRow::id));
    all(&row);
    row.overdue = true;
    all(&row);
    row.currency = "USD".into();
    all(&row);
    row.due_on = Some(Date::parse("2026-03-01").unwrap());
    all(&row);
    // By state, due date and month; the mark has another one of the state, the currency three, and the due date another one
    // that is also the first of the month.
    assert_eq!(ids.len(), 3 + 1 + 3 + 1);
}
