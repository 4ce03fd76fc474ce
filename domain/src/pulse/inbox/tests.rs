//! The whole table of an inbox, who has one, and that an item is dismissed once.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Inbox, InboxError};
use crate::aggregate::scenario::{fresh_id, given};
use crate::aggregate::{CommandSet, Refusal, RefusalKind, histories, table};
use crate::kernel::{Actor, Coded, EventId, Principal, PulseItemId, Role, Scope, Slug};
use crate::pulse::InboxCommand;

fn dismiss() -> Value {
    json!({ "scope": "module.leads", "item_id": fresh_id() })
}

fn dismissed() -> Value {
    json!({ "type": "xentri.pulse.dismissed.v1", "scope": "module.leads", "item_id": fresh_id() })
}

/// As rules make them: an item without a stream of its own.
fn ruled(n: u8) -> PulseItemId {
    PulseItemId::of(EventId::v7(5, [n; 10]), Scope::LEADS, "lead-won")
}

#[test]
#[rustfmt::skip]
fn the_whole_table() {
    let other = json!({ "type": "xentri.pulse.dismissed.v1", "scope": "module.leads", "item_id": ruled(1) });
    let states = [("empty", vec![]), ("without_another", vec![other]), ("without_it", vec![dismissed()])];
    table::check::<Inbox>(&states, &[
        // command, body        empty, without_another, without_it
        ("dismiss", dismiss(),  &["pulse.dismissed", "pulse.dismissed", "nothing"]),
    ]);
}

#[test]
fn a_rules_item_is_dismissed_like_any_other() {
    given::<Inbox>([])
        .when("dismiss", json!({ "scope": "strategy", "item_id": ruled(1) }))
        .then([json!({ "type": "xentri.pulse.dismissed.v1", "scope": "strategy", "item_id": ruled(1) })])
        .state(&json!({ "dismissed": [ruled(1)] }));
}

#[test]
fn what_is_dismissed_at_one_scope_is_dismissed_at_all_of_them() {
    given::<Inbox>([dismissed()])
        .when("dismiss", json!({ "scope": "strategy", "item_id": fresh_id() }))
        .then([]);
}

#[test]
fn only_users_have_an_inbox() {
    let name = || Slug::parse("co-pilot").unwrap();
    for actor in [Actor::Agent(name()), Actor::System(name()), Actor::Job(name())] {
        for history in [vec![], vec![dismissed()]] {
            let error = given::<Inbox>(history)
                .with(|facts| facts.principal = Principal::new(facts.org(), actor.clone(), Role::Owner))
                .when("dismiss", dismiss())
                .refusal();
            assert_eq!(error, InboxError::NotAUser { actor: actor.clone() });
            assert_eq!((error.code(), error.kind()), ("not_a_user", RefusalKind::NotAllowed));
            assert_eq!(error.to_string(), format!("{actor} is no user, and only users have an inbox"));
        }
    }
}

#[test]
fn who_may_dismiss_follows_from_the_scope_that_is_named() {
    let command = InboxCommand::read("dismiss", dismiss()).unwrap().unwrap();
    assert_eq!(command.scope(), Some(Scope::LEADS));
}

#[test]
fn each_value_that_is_none_is_refused_where_it_stands() {
    for (field, value) in [
        ("scope", ""),
        ("scope", "module.kitchen"),
        ("scope", "Strategy"),
        ("item_id", ""),
        ("item_id", "1"),
        ("item_id", "00000000-0000-0000-0000-000000000000"),
        ("item_id", "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4\u{0}"),
    ] {
        let mut body = dismiss();
        body[field] = value.into();
        given::<Inbox>([]).when("dismiss", body).malformed_at(&format!("/{field}"), "bad_format");
    }
    given::<Inbox>([]).when("dismiss", json!({ "item_id": fresh_id() })).malformed();
    given::<Inbox>([])
        .when("dismiss", json!({ "scope": "strategy", "item_id": fresh_id(), "for": "all" }))
        .malformed();
}

#[test]
fn whatever_is_asked_an_inbox_only_loses_items_and_each_once() {
    let scope = prop::sample::select(vec!["module.leads", "strategy", "module.kitchen"]);
    let commands =
        (scope, 1_u8..6).prop_map(|(scope, n)| ("dismiss", json!({ "scope": scope, "item_id": ruled(n) })));
    histories::check::<Inbox>(commands, histories::nothing_else, |before, after, events| {
        assert!(after.dismissed.is_superset(&before.dismissed));
        assert_eq!(after.dismissed.len(), before.dismissed.len() + events.len());
    });
}
