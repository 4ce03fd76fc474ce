//! The preference, on a real Postgres where it is kept.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use sqlx::{AssertSqlSafe, Executor};
use xentri_domain::kernel::{Caller, OrgId, Principal, Role};
use xentri_testkit::{TestDb, factory};

use super::PATH;
use crate::rest::tests::{Answered, ask, owner, routes};

async fn put(routes: &Router, caller: Caller, body: &'static str) -> Answered {
    let request = Request::put(PATH).header("content-type", "application/json");
    ask(routes, Some(caller), request, Body::from(body)).await
}

fn nowhere() -> Router {
    routes("postgres://nobody@127.0.0.1:1/none".to_owned())
}

async fn world() -> (TestDb, Router, OrgId) {
    let (db, org) = (TestDb::new().await, factory::org());
    let row = format!(
        "insert into org (org_id, shard, time_zone, currency, language, status) \
         values ('{org}', 3, 'Europe/Madrid', 'EUR', 'es', 'active')"
    );
    db.connect_as_admin().await.execute(AssertSqlSafe(row)).await.unwrap();
    let routes = routes(db.server_url());
    (db, routes, org)
}

#[tokio::test]
async fn a_users_last_scope_is_kept() {
    let (db, routes, org) = world().await;
    let user = factory::principal(org, Role::Owner);
    for scope in [r#"{"scope": "module.leads"}"#, r#"{"scope": "strategy"}"#, r#"{"scope": "strategy"}"#] {
        let answered = put(&routes, Caller::InOrg(user.clone()), scope).await;
        assert_eq!((answered.status, &answered.body), (204, &serde_json::Value::Null));
    }
    let rows: Vec<(i32, String, String, String)> =
        sqlx::query_as("select shard, org_id::text, user_id::text, last_scope from user_preference")
            .fetch_all(&mut db.connect_as_admin().await)
            .await
            .unwrap();
    let id = user.actor().user().unwrap().to_string();
    assert_eq!(rows, [(3, org.to_string(), id, "strategy".to_owned())]);
}

#[tokio::test]
async fn an_org_that_is_not_known_keeps_nothing() {
    let (_db, routes, _org) = world().await;
    let answered = put(&routes, owner(), r#"{"scope": "strategy"}"#).await;
    assert!(answered.is(403, "ORG_UNKNOWN"), "{}", answered.body);
}

#[tokio::test]
async fn a_database_that_is_away_is_told() {
    let answered = put(&nowhere(), owner(), r#"{"scope": "strategy"}"#).await;
    assert!(answered.is(503, "UNAVAILABLE"), "{}", answered.body);
    assert_eq!(answered.headers["retry-after"], "1");
}

#[tokio::test]
async fn only_users_choose_and_only_what_they_may_see() {
    let org = factory::org();
    let member = factory::principal(org, Role::Member);
    let answered = put(&nowhere(), Caller::InOrg(member), r#"{"scope": "strategy"}"#).await;
    assert!(answered.is(403, "FORBIDDEN"), "{}", answered.body);
    assert_eq!(answered.body["detail"], "missing the permission pulse:strategy");
    let service: Principal = factory::system(org);
    let answered = put(&nowhere(), Caller::InOrg(service), r#"{"scope": "strategy"}"#).await;
    assert!(answered.is(403, "FORBIDDEN"), "{}", answered.body);
}

#[tokio::test]
async fn a_bad_body_is_pointed_at() {
    for (body, status, pointer, code) in [
        ("", 422, "/scope", "missing"),
        ("{}", 422, "/scope", "missing"),
        (r#"{"scope": "module.x"}"#, 422, "/scope", "bad_format"),
        (r#"{"scope": 1}"#, 422, "/scope", "wrong_type"),
        (r#"{"scope": "strategy", "a": 1}"#, 422, "/a", "unknown_field"),
        (r#"["strategy"]"#, 422, "", "wrong_type"),
        ("null", 422, "", "wrong_type"),
        (r#"{"scope": "strategy", "scope": "strategy"}"#, 400, "/scope", "duplicate_field"),
        ("{", 400, "", "malformed_json"),
    ] {
        let answered = put(&nowhere(), owner(), body).await;
        let error = &answered.body["errors"][0];
        assert_eq!(
            (answered.status, &error["pointer"], &error["code"]),
            (status, &pointer.into(), &code.into()),
            "{body}"
        );
    }
}
