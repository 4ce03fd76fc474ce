//! The framework's given/when/then on two aggregates: one that looks at itself alone, one that takes a number.

use std::sync::Arc;

use cqrs_es::test::TestFramework;
use cqrs_es::{Aggregate as _, DomainEvent as _};
use serde_json::{Value, json};
use xentri_domain::aggregate::{Aggregate, CommandSet as _, EventSet as _, Facts, Stream, StreamRef, Unread};
use xentri_domain::claims::InvoiceNumbers;
use xentri_domain::invoice::{Invoice, InvoiceError};
use xentri_domain::kernel::{OrgId, Role, StreamId};
use xentri_domain::lead::{Lead, LeadError, Status};
use xentri_domain::org::Org;
use xentri_domain::registry::{Command, Event};
use xentri_testkit::factory;

use super::{Adapted, Halted, Happened, Services};

const AN_AFTERNOON: &str = "2026-03-02T15:00:00.000000Z";

fn stream() -> StreamId {
    StreamId::v7(1, [1; 10])
}

fn facts(role: Role) -> Facts {
    let org = OrgId::v7(1, [2; 10]);
    let now = AN_AFTERNOON.parse().unwrap();
    Facts::new(factory::principal(org, role), stream(), now, StreamId::v7(1, [3; 10]))
}

/// What an org is, and that it has issued `issued` invoices this year.
fn facts_for_invoices(issued: u32) -> Facts {
    let mut facts = facts(Role::Owner);
    let org = facts.org();
    facts.add::<Org>(
        org,
        folded(&[(
            "xentri.org.created.v1",
            json!({ "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es",
                    "invoice_prefix": "INV" }),
        )]),
    );
    let taken: Vec<_> = (1..=issued)
        .map(|number| {
            let payload = json!({ "year": 2026, "number": number, "invoice_id": stream() });
            ("xentri.invoice_number.taken.v1", payload)
        })
        .collect();
    facts.add::<InvoiceNumbers>(InvoiceNumbers::of(org, 2026), folded(&taken));
    facts
}

fn folded<S: Stream>(history: &[(&str, Value)]) -> Arc<S> {
    let mut state = S::default();
    for (type_name, payload) in history {
        let event = S::Event::read_payload(type_name, payload.clone()).unwrap().unwrap();
        state.apply(&event);
    }
    Arc::new(state)
}

fn command<A: Aggregate>(name: &str, body: Value) -> A::Command {
    A::Command::read(name, body).unwrap().unwrap()
}

fn here<A: Aggregate>(type_name: &str, payload: Value) -> Happened<A> {
    Happened::Here(A::Event::read_payload(type_name, payload).unwrap().unwrap())
}

fn created() -> Happened<Lead> {
    here(
        "xentri.lead.created.v1",
        json!({ "name": "Ada Lovelace", "email": "ada@example.com", "source": "form" }),
    )
}

fn contacted() -> Happened<Lead> {
    here("xentri.lead.contacted.v1", json!({ "channel": "phone", "at": AN_AFTERNOON }))
}

fn drafted() -> Happened<Invoice> {
    let line =
        json!({ "description": "Design", "quantity": "10", "unit_price": 10_000, "tax_rate_bp": 2100 });
    here(
        "xentri.invoice.drafted.v1",
        json!({ "customer": { "subject_id": stream(), "name": "Ada Lovelace" }, "currency": "EUR",
                "lines": [line], "due_in_days": 30 }),
    )
}

fn framework<A: Aggregate>(facts: Facts) -> TestFramework<Adapted<A>>
where
    Command: From<A::Command>,
{
    TestFramework::with(Services::given(facts))
}

#[test]
fn a_lead_is_captured_and_contacted() {
    let capture = json!({ "name": "Ada Lovelace", "email": "ada@example.com", "source": "form" });
    framework::<Lead>(facts(Role::Member))
        .given_no_previous_events()
        .when(command::<Lead>("capture", capture))
        .then_expect_events(vec![created()]);
    framework::<Lead>(facts(Role::Member))
        .given(vec![created()])
        .when(command::<Lead>("log-contact", json!({ "channel": "phone" })))
        .then_expect_events(vec![contacted()]);
}

#[test]
fn a_refusal_is_the_aggregates_own() {
    let id = stream();
    framework::<Lead>(facts(Role::Owner))
        .given(vec![created()])
        .when(command::<Lead>("qualify", json!({ "score": 80, "reason": "has a budget" })))
        .then_expect_error(Halted::Refused(LeadError::IllegalTransition {
            id,
            status: Status::New,
            command: "qualify",
        }));
    framework::<Invoice>(facts_for_invoices(0))
        .given_no_previous_events()
        .when(command::<Invoice>("issue", json!({})))
        .then_expect_error(Halted::Refused(InvoiceError::NotFound { id }));
}

#[test]
fn a_command_that_asks_for_what_is_so_makes_no_events() {
    let owner = json!({ "owner": factory::user() });
    let assigned = here("xentri.lead.assigned.v1", owner.clone());
    framework::<Lead>(facts(Role::Owner))
        .given(vec![created()])
        .and(vec![assigned])
        .when(command::<Lead>("assign", owner))
        .then_expect_events(vec![]);
}

#[test]
fn an_issued_invoice_takes_its_number_on_a_stream_of_its_own() {
    let facts = facts_for_invoices(6);
    let numbers = StreamRef::of::<InvoiceNumbers>(InvoiceNumbers::of(facts.org(), 2026));
    let events = framework::<Invoice>(facts)
        .given(vec![drafted()])
        .when(command::<Invoice>("issue", json!({})))
        .inspect_result()
        .unwrap();
    let [Happened::Here(issued), Happened::Elsewhere(stream, taken)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(issued.kind().type_name, "xentri.invoice.issued.v1");
    assert_eq!(*stream, numbers);
    let payload = json!({ "year": 2026, "number": 7, "invoice_id": self::stream() });
    let expected = Event::read_payload("xentri.invoice_number.taken.v1", payload).unwrap().unwrap();
    assert_eq!(**taken, expected);
    for event in &events {
        let written = serde_json::to_string(event).unwrap();
        assert_eq!(serde_json::from_str::<Happened<Invoice>>(&written).unwrap(), *event, "{written}");
        assert_eq!(event.event_version(), "1.0");
    }
    // What happens elsewhere changes nothing here.
    let mut invoice = Adapted(Invoice::default());
    invoice.apply(events[1].clone());
    assert_eq!(invoice, Adapted::default());
}

#[test]
fn a_fact_that_nobody_gave_is_named() {
    let facts = facts(Role::Owner);
    let org = StreamRef::of::<Org>(facts.org());
    framework::<Invoice>(facts)
        .given(vec![drafted()])
        .when(command::<Invoice>("issue", json!({})))
        .then_expect_error(Halted::Unread(Unread::Streams(vec![org])));
}

#[test]
fn who_may_not_give_the_command_is_told_so() {
    framework::<Invoice>(facts(Role::Member))
        .given(vec![drafted()])
        .when(command::<Invoice>("issue", json!({})))
        .then_expect_error_message("the command issue on a invoice is not allowed");
}
