//! Trees of acts, told without a ledger.

use serde_json::json;
use xentri_domain::kernel::{Actor, EventId, Slug, StreamId, Timestamp};
use xentri_schemas::{Digest, Environment};

use super::*;
use crate::inquiry::Cause;
use crate::inquiry::told::ToldStream;

fn id(n: u64) -> Uuid {
    Uuid::from_u64_pair(0x0190_a5e1_0000_7000, 0x8000_0000_0000_0000 | n)
}

/// The nth event of the org, of a command of that name, which event `after` led to.
fn told(n: u64, command: &str, after: Option<u64>) -> Told {
    let micros = i64::try_from(n / 10).unwrap();
    let recorded_at = Timestamp::from_micros(micros).unwrap();
    Told {
        org_seq: n,
        epoch: 1,
        id: EventId::try_from(id(n)).unwrap(),
        type_name: "xentri.lead.note_added.v1".to_owned(),
        stream: ToldStream {
            stream_type: "lead".to_owned(),
            id: StreamId::try_from(id(7)).unwrap(),
            version: 1,
        },
        recorded_at,
        occurred_at: recorded_at,
        cause: Cause {
            actor: Actor::Job(Slug::parse("tester").unwrap()),
            on_behalf_of: None,
            command: command.to_owned(),
            source: "api".to_owned(),
            environment: Environment::Local,
            reason: None,
            correlation_id: None,
            causation_id: after.map(|n| EventId::try_from(id(n)).unwrap()),
            trace_id: None,
            dedupe_key: None,
        },
        payload: json!({}),
        hash: Digest::GENESIS,
    }
}

/// Numbers of events; what an event led to stands behind it in brackets, each act in brackets of its own.
fn drawn(acts: &[Act]) -> String {
    let event = |caused: &Caused| format!("{}{}", caused.event.org_seq, drawn(&caused.led_to));
    let act = |act: &Act| format!("({})", act.events.iter().map(event).collect::<Vec<_>>().join(" "));
    acts.iter().map(act).collect()
}

#[test]
fn events_of_one_command_are_one_act() {
    let found = vec![told(11, "a", None), told(12, "a", None), told(13, "b", None), told(21, "b", None)];
    assert_eq!(drawn(&tree(acts(found))), "(11 12)(13)(21)");
}

#[test]
fn the_same_command_given_twice_in_a_moment_is_two_acts() {
    let mut found = vec![told(11, "a", None), told(12, "a", None), told(14, "a", None)];
    found[1].cause.trace_id = Some("4bf92f3577b34da6a3ce929d0e0e4736".parse().unwrap());
    assert_eq!(drawn(&tree(acts(found))), "(11)(12)(14)");
}

#[test]
fn what_an_event_led_to_stands_below_it_in_order() {
    let found = vec![
        told(11, "a", None),
        told(12, "a", None),
        told(21, "b", Some(12)),
        told(31, "c", Some(21)),
        told(41, "d", Some(12)),
        told(51, "e", Some(11)),
    ];
    let tree = tree(acts(found));
    assert_eq!(drawn(&tree), "(11(51) 12(21(31))(41))");
    let trace = Trace {
        correlation_id: CorrelationId::try_from(id(1)).unwrap(),
        events: 6,
        commands: 5,
        acts: tree,
        belongs_to: None,
    };
    assert_eq!(trace.streams(), 1);
}

#[test]
fn a_cause_that_is_elsewhere_or_later_makes_no_tree() {
    let found = vec![told(11, "a", Some(99)), told(21, "b", Some(31)), told(31, "c", Some(31))];
    assert_eq!(drawn(&tree(acts(found))), "(11)(21)(31)");
}
