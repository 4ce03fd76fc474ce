//! What the handler makes of a request before it is dispatched.

use axum::http::HeaderMap;
use xentri_domain::aggregate::CommandKind;
use xentri_domain::kernel::{Actor, Caller, Grant, Grants, OrgId, Principal, Role, Service, Slug};
use xentri_domain::registry::command_kinds;
use xentri_schemas::ErrorKind;
use xentri_testkit::factory;

use super::{command, idempotency, may_read, new_org, principal, stream};
use crate::rest::Incoming;
use crate::rest::headers::CommandHeaders;

const ID: &str = "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a";

fn kind(stream_type: &str, name: &str) -> &'static CommandKind {
    command_kinds().find(|kind| (kind.stream_type, kind.name) == (stream_type, name)).unwrap()
}

fn incoming(caller: impl Into<Caller>, words: &[(&str, &str)], body: &'static str) -> Incoming {
    let words = words.iter().map(|(name, word)| ((*name).to_owned(), (*word).to_owned())).collect();
    Incoming { caller: caller.into(), trace_id: None, headers: HeaderMap::new(), words, body: body.into() }
}

fn user(role: Role) -> Caller {
    Caller::InOrg(factory::principal(factory::org(), role))
}

fn service() -> Caller {
    let actor = Actor::System(Slug::parse("signup").unwrap());
    Caller::Platform(Service { actor, grants: Grants::default() })
}

fn with_key(key: &str) -> CommandHeaders {
    CommandHeaders { key: Some(key.parse().unwrap()), ..CommandHeaders::default() }
}

const ORG: &str = r#"{"name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es"}"#;

#[test]
fn a_key_makes_one_org_however_often_it_comes() {
    let create = command(kind("org", "create"), &incoming(service(), &[], ORG)).unwrap();
    let made = |caller: &Caller, key: Option<&str>| {
        let key = key.map(|key| key.parse().unwrap());
        new_org(caller, key.as_ref(), &create).unwrap()
    };
    let service = service();
    let org = made(&service, Some("a"));
    assert_eq!(made(&service, Some("a")), org);
    assert!(org.is_v7());
    assert_ne!(made(&service, Some("b")), org);
    assert_ne!(made(&user(Role::Owner), Some("a")), org);
    assert_ne!(made(&service, None), made(&service, None));
    assert!(made(&service, None).is_v7());
}

#[test]
fn an_org_is_made_by_its_own_principal_and_nothing_else_is_without_an_org() {
    let body: &'static str = format!("{{\"id\": \"{ID}\",{}", &ORG[1..]).leak();
    let asked = incoming(service(), &[], body);
    let create = kind("org", "create");
    let read = command(create, &asked).unwrap();
    let named = principal(create, &asked, &with_key("a"), &read).unwrap();
    assert_eq!((named.org(), named.actor()), (ID.parse::<OrgId>().unwrap(), service().actor()));

    let start = kind("brief", "start");
    let asked = incoming(service(), &[], "");
    let problem = principal(start, &asked, &with_key("a"), &command(start, &asked).unwrap()).unwrap_err();
    assert_eq!(problem.kind, ErrorKind::ORG_MISSING);
}

#[test]
fn services_act_for_somebody_and_users_do_not() {
    let start = kind("brief", "start");
    let headers = CommandHeaders { on_behalf_of: Some(factory::user()), ..CommandHeaders::default() };
    let given = |caller: Caller| {
        let asked = incoming(caller, &[], "");
        principal(start, &asked, &headers, &command(start, &asked).unwrap())
    };
    let acting = given(Caller::InOrg(factory::system(factory::org()))).unwrap();
    assert_eq!(acting.represented(), headers.on_behalf_of);
    let problem = given(user(Role::Owner)).unwrap_err();
    assert_eq!(problem.kind, ErrorKind::FORBIDDEN);
    assert!(problem.detail.starts_with("X-On-Behalf-Of: "), "{}", problem.detail);
}

#[test]
fn an_id_that_is_none_is_not_found_by_those_who_may_ask() {
    let complete = kind("lead", "complete-follow-up");
    for (role, expected) in [(Role::Member, ErrorKind::NOT_FOUND), (Role::Auditor, ErrorKind::FORBIDDEN)] {
        for word in ["1", "", "00000000-0000-0000-0000-000000000000", "0190a5e17f3c7a529d0e3f6b8c1d2e4a"] {
            let asked = incoming(user(role), &[("id", word)], "");
            let read = command(complete, &asked).unwrap();
            let found = stream(complete, &asked, asked.principal().unwrap(), &read);
            assert_eq!(found.unwrap_err().kind, expected, "{role}: {word}");
        }
    }
    let asked = incoming(user(Role::Member), &[("id", ID)], "");
    let read = command(complete, &asked).unwrap();
    let found = stream(complete, &asked, asked.principal().unwrap(), &read).unwrap();
    assert_eq!(found, Some(ID.parse().unwrap()));
}

#[test]
fn the_words_of_a_path_are_the_body() {
    let dismiss = kind("pulse_inbox", "dismiss");
    let read = |scope, item| {
        command(dismiss, &incoming(user(Role::Owner), &[("scope", scope), ("item_id", item)], "{}"))
    };
    assert_eq!(read("module.leads", ID).unwrap().scope().unwrap().as_str(), "module.leads");
    for (scope, item) in [("module.x", ID), ("module.leads", "1"), ("items", ID)] {
        assert_eq!(read(scope, item).unwrap_err().kind, ErrorKind::NOT_FOUND, "{scope}, {item}");
    }
    let more =
        incoming(user(Role::Owner), &[("scope", "strategy"), ("item_id", ID)], r#"{"scope": "strategy"}"#);
    assert_eq!(command(dismiss, &more).unwrap_err().kind, ErrorKind::INVALID);
}

#[test]
fn a_key_stands_for_path_version_and_meaning_of_the_body() {
    let qualify = kind("lead", "qualify");
    let print = |kind, id, body, if_match| {
        let headers = CommandHeaders { if_match, ..with_key("a") };
        let idempotency = idempotency(kind, &incoming(user(Role::Owner), &[("id", id)], body), &headers);
        String::from_utf8(idempotency.unwrap().unwrap().fingerprint).unwrap()
    };
    let one = print(qualify, ID, r#"{"score": 80, "reason": "x"}"#, None);
    assert_eq!(one, format!("POST /api/v1/sales/leads/{ID}/qualify\n\n{{\"reason\":\"x\",\"score\":80}}"));
    let upper: &'static str = ID.to_uppercase().leak();
    assert_eq!(print(qualify, upper, " {\"reason\":\"\\u0078\",\"score\":80}\n", None), one);
    for other in [
        print(qualify, ID, r#"{"score": 81, "reason": "x"}"#, None),
        print(qualify, ID, r#"{"score": 80, "reason": "x"}"#, Some(1)),
        print(qualify, "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4b", r#"{"score": 80, "reason": "x"}"#, None),
        print(kind("lead", "win"), ID, r#"{"score": 80, "reason": "x"}"#, None),
    ] {
        assert_ne!(other, one);
    }
    let none =
        idempotency(qualify, &incoming(user(Role::Owner), &[("id", ID)], ""), &CommandHeaders::default());
    assert_eq!(none.unwrap(), None);
}

#[test]
fn whoever_only_writes_gets_no_state() {
    let only = |grant: &str| {
        let grants: Grants = [Grant::parse(grant).unwrap()].into_iter().collect();
        Principal::new(factory::org(), Actor::User(factory::user()), grants)
    };
    let win = kind("lead", "win");
    assert!(may_read(win, &only("sales:read")) && may_read(win, &only("*")));
    assert!(!may_read(win, &only("sales:write")) && !may_read(win, &only("finance:read")));
    assert!(may_read(kind("pulse_item", "raise"), &only("pulse:strategy")));
    for kind in command_kinds().filter(|kind| !kind.collection.starts_with("/pulse")) {
        assert!(!may_read(kind, &only("pulse:strategy")), "{kind:?}");
    }
}
