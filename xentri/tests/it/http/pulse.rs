//! Raising, promoting and dismissing what deserves attention, and where a user was last.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{Answer, Caller, Server};

fn item(scope: &str) -> Value {
    json!({ "scope": scope, "importance": 2, "title": "The oven is broken", "summary": "No bread today.",
            "action_required": true })
}

async fn last_scope(caller: &Caller, body: &Value) -> Answer {
    Answer::to(caller.request(Method::PUT, "/api/v1/users/me/last-scope").json(body)).await
}

#[tokio::test]
async fn an_item_is_raised_and_promoted_step_by_step() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let raised = owner.give("/pulse/items", &item("module.leads")).await;
    assert_eq!(raised.done(201)["events"][0]["type"], "xentri.pulse.raised.v1");
    let id = raised.body["data"]["id"].as_str().unwrap();
    let promote = |from: &str, to: &str| json!({ "from": from, "scope": to, "importance": 1 });
    let path = format!("/pulse/items/{id}/promote");
    let promoted = owner.give(&path, &promote("module.leads", "subcategory.crm")).await;
    assert_eq!(promoted.done(200)["events"][0]["type"], "xentri.pulse.promoted.v1");
    owner.give(&path, &promote("module.website", "strategy")).await.problem(422, "ITEM_ELSEWHERE");
    owner.give(&path, &promote("module.leads", "module.website")).await.problem(422, "NOT_ABOVE");
    owner.give("/pulse/items", &item("module.nowhere")).await.blames(
        422,
        "INVALID",
        &[("/scope", "bad_format")],
    );
    let expired = json!({ "expires_at": "2020-01-01T00:00:00Z" });
    let mut body = item("module.leads");
    body.as_object_mut().unwrap().extend(expired.as_object().unwrap().clone());
    owner.give("/pulse/items", &body).await.problem(422, "IN_THE_PAST");
}

#[tokio::test]
async fn a_scope_is_for_those_whose_permission_reaches_it() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let member = server.user(&owner.org, "member", "bob");
    let id = member.make("/pulse/items", &item("module.leads")).await;
    member.give("/pulse/items", &item("strategy")).await.problem(403, "FORBIDDEN");
    let promote = json!({ "from": "module.leads", "scope": "category.sales", "importance": 1 });
    member.give(&format!("/pulse/items/{id}/promote"), &promote).await.problem(403, "FORBIDDEN");
    owner.give(&format!("/pulse/items/{id}/promote"), &promote).await.done(200);
    member.give(&format!("/pulse/strategy/dismiss/{id}"), &json!({})).await.problem(403, "FORBIDDEN");
    server
        .user(&owner.org, "auditor", "eve")
        .give("/pulse/items", &item("module.leads"))
        .await
        .problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn whoever_dismisses_does_so_for_themselves_and_once() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let item = Uuid::now_v7();
    let path = format!("/pulse/module.leads/dismiss/{item}");
    let dismissed = owner.give(&path, &json!({})).await;
    assert_eq!(dismissed.done(201)["events"][0]["type"], "xentri.pulse.dismissed.v1");
    // An inbox has no place but its user.
    assert_eq!(dismissed.header("location"), None);
    let again = Answer::to(owner.request(Method::POST, &format!("/api/v1{path}"))).await;
    assert_eq!(
        (again.done(200)["events"].clone(), again.body["data"]["version"].as_u64()),
        (json!([]), Some(1))
    );
    let member = server.user(&owner.org, "member", "bob");
    let theirs = member.give(&path, &json!({})).await;
    assert_ne!(theirs.done(201)["id"], dismissed.body["data"]["id"]);
    let service = server.service("importer").in_org(&owner.org);
    service.give(&path, &json!({})).await.problem(403, "NOT_A_USER");
    owner.give("/pulse/module.nowhere/dismiss/x", &json!({})).await.problem(404, "NOT_FOUND");
    owner.give(&path, &json!({ "scope": "strategy" })).await.blames(
        422,
        "INVALID",
        &[("/scope", "unknown_field")],
    );
}

#[tokio::test]
async fn the_last_scope_is_kept_for_users_who_see_it() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    for scope in ["strategy", "module.leads", "module.leads"] {
        let answer = last_scope(&owner, &json!({ "scope": scope })).await;
        assert_eq!((answer.status, answer.body), (204, Value::Null));
    }
    let member = server.user(&owner.org, "member", "bob");
    assert_eq!(last_scope(&member, &json!({ "scope": "module.website" })).await.status, 204);
    last_scope(&member, &json!({ "scope": "strategy" })).await.problem(403, "FORBIDDEN");
    let service = server.service("importer").in_org(&owner.org);
    last_scope(&service, &json!({ "scope": "strategy" })).await.problem(403, "FORBIDDEN");
    last_scope(&owner, &json!({ "scope": "everything" })).await.blames(
        422,
        "INVALID",
        &[("/scope", "bad_format")],
    );
    last_scope(&owner, &json!({})).await.blames(422, "INVALID", &[("/scope", "missing")]);

    let org: Uuid = owner.org.parse().unwrap();
    let kept: Vec<String> =
        sqlx::query_scalar("select last_scope from user_preference where org_id = $1 order by 1")
            .bind(org)
            .fetch_all(&mut server.database().await)
            .await
            .unwrap();
    assert_eq!(kept, ["module.leads", "module.website"]);
}
