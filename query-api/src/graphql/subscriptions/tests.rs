//! What needs no database; what does is below.

mod held;
mod world;

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Variables;
use axum::http::Request;
use axum::http::request::Parts;
use futures_util::future::{BoxFuture, ready};
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::kernel::{Caller, Language, OrgId, Role, Scope, ValidUntil};
use xentri_schemas::{ErrorKind, Problem};
use xentri_testkit::factory;

use super::admit::{Admits, look_again, say};
use super::close::End;
use super::message::{Said, next, written};
use super::recent::{Payload, Recent, Rows, Seen};
use super::render::{Operation, declared};
use super::shape::key;
use super::socket::{Sent, resume};
use crate::graphql::GraphqlSettings;
use crate::graphql::document::{Documents, chosen};
use crate::graphql::views::Topic;

fn payload(text: &str) -> Payload {
    text.into()
}

fn events(numbers: impl IntoIterator<Item = u64>) -> Vec<(u64, Payload)> {
    numbers.into_iter().map(|number| (number, payload("12345678"))).collect()
}

#[test]
fn what_is_kept_is_given_once_from_any_place_and_not_beyond_its_beginning() {
    let mut recent = Recent::new(10);
    assert_eq!(recent.behind(9), None);
    assert_eq!(recent.behind(10).map(|part| (part.payloads.len(), part.upto)), Some((0, 10)));
    // 13 and 15 are of other types.
    recent.push(events([11, 12, 14]), 15, 1000);
    for (after, count) in [(10, 3), (11, 2), (12, 1), (13, 1), (14, 0), (15, 0)] {
        assert_eq!(
            recent.behind(after).map(|part| (part.payloads.len(), part.upto)),
            Some((count, 15)),
            "{after}"
        );
    }
    // Whoever is further than what is kept stays there.
    assert_eq!(recent.behind(20).map(|part| (part.payloads.len(), part.upto)), Some((0, 20)));
}

#[test]
fn what_has_no_room_is_let_go_from_the_beginning() {
    let mut recent = Recent::new(0);
    recent.push(events(1..=10), 10, 24);
    assert_eq!(recent.behind(6), None, "the events up to 7 are not kept");
    assert_eq!(recent.behind(7).map(|part| part.payloads.len()), Some(3));
    recent.push(vec![(11, payload(&"x".repeat(100)))], 11, 24);
    assert_eq!(recent.behind(10), None, "what is larger than all the room is not kept at all");
    assert_eq!(recent.behind(11).map(|part| (part.payloads.len(), part.upto)), Some((0, 11)));
    recent.push(events([12]), 12, 24);
    assert_eq!(recent.behind(11).map(|part| part.payloads.len()), Some(1));
}

/// A read that failed half-way is begun again from an earlier place.
#[test]
fn what_comes_again_is_kept_once() {
    let mut recent = Recent::new(0);
    recent.push(events(1..=3), 3, 1 << 20);
    recent.push(events(1..=5), 5, 1 << 20);
    recent.push(events(4..=6), 6, 1 << 20);
    let parts = [0, 3, 4].map(|after| recent.behind(after).map(|part| (part.payloads.len(), part.upto)));
    assert_eq!(parts, [Some((6, 6)), Some((3, 6)), Some((2, 6))]);
}

#[test]
fn no_more_is_given_than_is_sent_at_once() {
    let mut recent = Recent::new(0);
    recent.push(events(1..=250), 260, 1 << 20);
    let (mut after, mut parts) = (0, Vec::new());
    while after < 260 {
        let part = recent.behind(after).unwrap();
        parts.push(part.payloads.len());
        after = part.upto;
    }
    assert_eq!(parts, [100, 100, 50]);
}

#[test]
fn a_row_is_unseen_until_it_is_seen_as_it_is() {
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let (mut rows, mut seen) = (Rows::default(), Seen::default());
    assert!(rows.become_now(vec![(one, payload("a")), (two, payload("b"))]));
    assert_eq!(rows.unseen(&mut seen), [payload("a"), payload("b")]);
    assert!(
        !rows.become_now(vec![(two, payload("b")), (one, payload("a"))]),
        "nothing is another than before"
    );
    assert!(rows.unseen(&mut seen).is_empty());
    assert!(rows.become_now(vec![(two, payload("c"))]));
    assert_eq!(rows.unseen(&mut seen), [payload("c")]);
    assert!(rows.become_now(vec![(one, payload("a")), (two, payload("c"))]), "it is back");
    assert_eq!(rows.unseen(&mut seen), [payload("a")]);
    assert_eq!(rows.unseen(&mut rows.begin()).len(), 2, "somebody else sees all");
}

/// What changes while somebody is shown what was there comes after it, as it is then.
#[test]
fn who_comes_later_is_shown_what_is_there_in_its_order_and_then_what_changes() {
    let row = |number: u128, text: &str| (Uuid::from_u128(number), payload(text));
    let mut rows = Rows::default();
    let text = "x".repeat(60 << 10);
    let whole = |texts: [&str; 4]| texts.iter().zip(1..).map(|(text, n)| row(n, text)).collect::<Vec<_>>();
    assert!(rows.become_now(whole(["a", "b", "c", "d"])));
    assert!(rows.become_now(whole([&text, "b", &format!("{text}2"), "d"])));
    let mut seen = rows.begin();
    let mut lengths = |rows: &Rows| rows.unseen(&mut seen).iter().map(|text| text.len()).collect::<Vec<_>>();
    let long = 60 << 10;
    assert!(rows.become_now(vec![
        row(3, &format!("{text}2")),
        row(1, &text),
        row(5, "new"),
        row(4, "dd"),
        row(2, "b")
    ]));
    assert_eq!(
        lengths(&rows),
        [long + 1, long, 1],
        "the first two are those that were there, in the order of now"
    );
    assert_eq!(lengths(&rows), [3, 2]);
    assert!(lengths(&rows).is_empty());
    assert!(rows.become_now(vec![row(2, "bbbb"), row(1, &text)]));
    assert_eq!(lengths(&rows), [4]);
}

#[test]
fn no_more_rows_are_given_than_are_sent_at_once_and_each_of_them_once() {
    let (mut rows, mut seen) = (Rows::default(), Seen::default());
    let all = (0..250).map(|number| (Uuid::from_u128(number), payload("a")));
    assert!(rows.become_now(all.collect()));
    let parts = [(); 4].map(|()| rows.unseen(&mut seen).len());
    assert_eq!(parts, [100, 100, 50, 0]);
    let long = payload(&"x".repeat(100 << 10));
    assert!(rows.become_now((0..3).map(|number| (Uuid::from_u128(number), long.clone())).collect()));
    assert_eq!([(); 3].map(|()| rows.unseen(&mut seen).len()), [2, 1, 0]);
    let mut later = rows.begin();
    assert_eq!([(); 3].map(|()| rows.unseen(&mut later).len()), [2, 1, 0]);
}

async fn operation(query: &str, variables: Value, role: Role) -> Operation {
    let documents = Documents::new(&GraphqlSettings::default());
    Operation {
        document: documents.find(Some(query), None).await.unwrap(),
        name: None,
        variables: Variables::from_json(variables),
        principal: factory::principal(factory::org(), role),
        language: None,
    }
}

const EVENTS: &str =
    "subscription($after: OrgSeq, $x: Boolean!) { events(after: $after) { id @skip(if: $x) } }";

#[tokio::test]
async fn where_somebody_goes_on_is_shared_by_nobody_and_changes_nothing() {
    let orgs = [factory::org(), factory::org()];
    let topic = Topic::Events { types: None, after: None };
    let base = operation(EVENTS, json!({ "after": 1, "x": true }), Role::Owner).await;
    let this = key(orgs[0], &topic, &base);
    for alike in [json!({ "after": 7, "x": true }), json!({ "x": true }), json!({ "after": null, "x": true })]
    {
        let operation = operation(EVENTS, alike.clone(), Role::Owner).await;
        let topic = Topic::Events { types: None, after: Some(7) };
        assert_eq!(key(orgs[0], &topic, &operation), this, "{alike}");
    }
    let of_types = Topic::Events { types: Some(vec!["xentri.lead.created.v1"]), after: None };
    let others = [
        key(orgs[1], &topic, &base),
        key(orgs[0], &of_types, &base),
        key(orgs[0], &topic, &operation(EVENTS, json!({ "x": false }), Role::Owner).await),
        key(orgs[0], &topic, &operation(EVENTS, json!({ "x": true }), Role::Integrator).await),
        key(orgs[0], &topic, &operation(&format!("{EVENTS} "), json!({ "x": true }), Role::Owner).await),
        key(orgs[0], &topic, &Operation { language: Some(Language::Es), ..base.clone() }),
        key(orgs[0], &topic, &Operation { name: Some("A".to_owned()), ..base.clone() }),
    ];
    for (place, other) in others.iter().enumerate() {
        assert!(*other != this, "{place} must not be shared");
    }
}

#[tokio::test]
async fn what_another_operation_begins_with_is_not_left_out() {
    let query = "subscription A($x: OrgSeq) { events(after: $x) { orgSeq } }
        subscription B($x: Boolean!) { events { orgSeq payload @include(if: $x) } }";
    let (org, topic) = (factory::org(), Topic::Events { types: None, after: None });
    let mut keys = Vec::new();
    for (name, x) in [("A", json!(1)), ("A", json!(2)), ("B", json!(true)), ("B", json!(false))] {
        let operation = operation(query, json!({ "x": x }), Role::Owner).await;
        keys.push(key(org, &topic, &Operation { name: Some(name.to_owned()), ..operation }));
    }
    assert!(keys[0] == keys[1], "where somebody goes on");
    assert!(keys[2] != keys[3], "what somebody sees");
}

#[tokio::test]
async fn only_those_variables_are_kept_that_an_operation_has_and_no_more_than_fit() {
    let known = operation(EVENTS, json!({}), Role::Owner).await;
    let chosen = chosen(&known.document.parsed, None);
    let given = |value: Value| declared(chosen, Variables::from_json(value));
    let kept = given(json!({ "after": 1, "x": true, "more": "x".repeat(1 << 20) })).unwrap();
    assert_eq!(json!(kept), json!({ "after": 1, "x": true }));
    assert!(given(json!({ "x": "x".repeat(1 << 14) })).is_err());
}

#[tokio::test]
async fn an_inbox_is_shared_with_nobody_else() {
    let org = factory::org();
    let query = "subscription { pulse(scope: STRATEGY) { id } }";
    let [one, other] =
        [operation(query, json!({}), Role::Owner).await, operation(query, json!({}), Role::Owner).await];
    assert!(one.principal.actor() != other.principal.actor());
    let topic = Topic::Pulse(Scope::all().next().unwrap());
    assert!(key(org, &topic, &one) != key(org, &topic, &other));
    let topic = Topic::Lead(Uuid::from_u128(1));
    assert!(key(org, &topic, &one) == key(org, &topic, &other));
}

#[test]
fn no_place_to_resume_at_is_named_that_some_subscription_has_not_come_to() {
    use Sent::{Rows, Unknown, Upto};
    for (sent, place) in [
        (vec![], None),
        (vec![Rows, Rows], None),
        (vec![Upto(600), Rows, Upto(100)], Some(100)),
        (vec![Upto(600), Unknown], None),
        (vec![Unknown, Upto(600)], None),
    ] {
        assert_eq!(resume(sent.clone()), place, "{sent:?}");
    }
}

#[test]
fn a_reason_fits_whatever_is_in_it() {
    let frame = End::Duplicate("ä".repeat(64)).frame(None);
    assert!(frame.code == 4409 && frame.reason.len() <= 123, "{frame:?}");
    assert_eq!(&*End::TooSlow.frame(Some(7)).reason, "Too slow; resume after 7");
    assert_eq!(&*End::TooSlow.frame(None).reason, "Too slow");
    assert_eq!(&*End::InitAgain.frame(Some(7)).reason, "Too many initialisation requests");
}

#[test]
fn messages_are_those_of_the_protocol() {
    for good in [
        json!({ "type": "connection_init" }),
        json!({ "type": "connection_init", "payload": null }),
        json!({ "type": "ping", "payload": { "x": 1 } }),
        json!({ "type": "pong" }),
        json!({ "type": "complete", "id": "1" }),
        json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ x }", "variables": { "a": [1, null] },
            "operationName": null, "extensions": {} } }),
    ] {
        assert!(Said::read(&good.to_string()).is_ok(), "{good}");
    }
    for bad in [
        json!({ "type": "subscribe", "id": "", "payload": { "query": "{ x }" } }),
        json!({ "type": "subscribe", "id": "x".repeat(129), "payload": { "query": "{ x }" } }),
        json!({ "type": "subscribe", "id": 1, "payload": { "query": "{ x }" } }),
        json!({ "type": "next", "id": "1", "payload": {} }),
        json!({ "type": "connection_init", "payload": "Bearer" }),
    ] {
        assert!(Said::read(&bad.to_string()).is_err(), "{bad}");
    }
    let id = "\"\\\n";
    let message: Value = serde_json::from_str(&next(&written(id), r#"{"data":null}"#)).unwrap();
    assert_eq!(message, json!({ "id": id, "type": "next", "payload": { "data": null } }));
}

#[test]
fn what_is_said_stands_for_headers_of_its_name_and_nothing_else_does() {
    let (mut parts, ()) =
        Request::get("/graphql").header("authorization", "Bearer a").body(()).unwrap().into_parts();
    let said = json!({ "AUTHORIZATION": "Bearer b", "X-Org-Id": "o", "host": "h", "cookie": 1, "consistencyToken": "t" });
    let token = say(&mut parts, said.as_object().unwrap()).unwrap();
    assert_eq!(token, Some(Arc::from("t")));
    assert_eq!(
        (&parts.headers["authorization"], &parts.headers["x-org-id"]),
        (&"Bearer b".parse().unwrap(), &"o".parse().unwrap())
    );
    assert_eq!(parts.headers.get_all("authorization").iter().count(), 1);
    assert!(!parts.headers.contains_key("host") && !parts.headers.contains_key("cookie"));
    for bad in
        [json!({ "Authorization": "a\nb" }), json!({ "authorization": {} }), json!({ "consistencyToken": 1 })]
    {
        assert!(say(&mut parts, bad.as_object().unwrap()).is_err(), "{bad}");
    }
}

/// Whose failures are used up, and who stands so.
struct Stands(Result<(), &'static ErrorKind>);

impl Admits for Stands {
    fn admit<'a>(&'a self, _: &'a Parts) -> BoxFuture<'a, Result<(Caller, ValidUntil), Problem>> {
        Box::pin(ready(Err(Problem::new(ErrorKind::RATE_LIMITED))))
    }

    fn stands<'a>(&'a self, _: &'a Parts) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(ready(self.0.map_err(Problem::new)))
    }

    fn pace(&self, _: OrgId) -> Option<Duration> {
        None
    }
}

#[tokio::test]
async fn a_token_that_is_good_no_more_ends_its_socket_and_what_passes_by_itself_does_not() {
    let (parts, ()) = Request::get("/graphql").body(()).unwrap().into_parts();
    for (stands, end) in [
        (Ok(()), None),
        (Err(ErrorKind::UNAVAILABLE), None),
        (Err(ErrorKind::UNAUTHENTICATED), Some(End::Refused("UNAUTHENTICATED"))),
        (Err(ErrorKind::ORG_MISMATCH), Some(End::Refused("ORG_MISMATCH"))),
    ] {
        assert_eq!(look_again(&Stands(stands), &parts).await.err(), end, "{stands:?}");
    }
}
