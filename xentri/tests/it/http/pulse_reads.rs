//! What deserves attention, as a reader sees it.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{Answer, Caller, Server};
use crate::process::eventually;

async fn get(caller: &Caller, path: &str, language: &str) -> Answer {
    let request = caller.request(Method::GET, &format!("/api/v1/pulse/{path}"));
    Answer::to(request.header("accept-language", language)).await
}

/// Titles of a page, in their order.
fn titles(page: &Answer) -> Vec<&str> {
    assert_eq!(page.status, 200, "{}", page.body);
    page.body["data"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap()).collect()
}

async fn raise(caller: &Caller, title: &str, importance: u8, more: &Value) -> String {
    let mut item =
        json!({ "scope": "module.leads", "importance": importance, "title": title, "action_required": true });
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    caller.make("/pulse/items", &item).await
}

/// The read model follows.
async fn shows(caller: &Caller, path: &str, count: usize) {
    eventually("Pulse shows it", async || {
        get(caller, path, "en").await.body["data"].as_array().is_some_and(|items| items.len() == count)
    })
    .await;
}

#[tokio::test]
async fn items_come_by_importance_page_by_page_without_a_gap() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    for (title, importance) in [("c", 3), ("a", 1), ("d", 5), ("b", 2)] {
        raise(&owner, title, importance, &json!({})).await;
    }
    shows(&owner, "module.leads", 4).await;
    let first = get(&owner, "module.leads?limit=3", "en").await;
    assert_eq!(titles(&first), ["a", "b", "c"]);
    let next = first.body["next_after"].as_str().unwrap();
    let second = get(&owner, &format!("module.leads?limit=3&after={next}"), "en").await;
    assert_eq!((titles(&second), &second.body["next_after"]), (vec!["d"], &Value::Null));
    // Sealed for its org and scope.
    let other = server.owner().await;
    get(&other, &format!("module.leads?after={next}"), "en").await.problem(422, "BAD_PARAMETER");
    get(&owner, &format!("module.brief?after={next}"), "en").await.problem(422, "BAD_PARAMETER");
    get(&owner, "module.leads?limit=0", "en").await.problem(422, "BAD_PARAMETER");
    assert!(titles(&get(&other, "module.leads", "en").await).is_empty());
}

#[tokio::test]
async fn an_item_is_written_in_the_readers_language_with_what_the_reader_may_know() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let lead = owner.lead().await;
    shows(&owner, "module.leads", 1).await;
    // Leads have a read model of their own, which may come a moment later.
    eventually("the lead has its name", async || {
        titles(&get(&owner, "module.leads", "en").await) == ["New lead: Ada Lovelace"]
    })
    .await;
    let english = get(&owner, "module.leads", "en-GB, es;q=0.5").await;
    assert_eq!(english.header("content-language"), Some("en"));
    let item = &english.body["data"][0];
    assert_eq!((&item["about"], &item["importance"]), (&json!({ "type": "lead", "id": lead }), &json!(3)));
    assert!(item["summary"].as_str().unwrap().starts_with("Nobody"));
    for language in ["es", "de"] {
        let spanish = get(&owner, "module.leads", language).await;
        assert_eq!(spanish.header("content-language"), Some("es"), "the org's own where it is neither");
        assert!(
            titles(&spanish)[0].contains("Ada Lovelace") && titles(&spanish) != ["New lead: Ada Lovelace"]
        );
    }
    // An analyst sees that there is a lead, and not whose.
    let analyst = server.user(&owner.org, "analyst", "eve");
    assert_eq!(titles(&get(&analyst, "module.leads", "en").await), ["New lead"]);
}

#[tokio::test]
async fn what_is_dismissed_expired_or_not_due_yet_is_not_shown() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let seen = raise(&owner, "seen", 1, &json!({})).await;
    raise(&owner, "kept", 2, &json!({})).await;
    raise(&owner, "later", 3, &json!({ "visible_from": "2999-01-01T00:00:00Z" })).await;
    shows(&owner, "module.leads", 2).await;
    owner.give(&format!("/pulse/module.leads/dismiss/{seen}"), &json!({})).await.done(201);
    shows(&owner, "module.leads", 1).await;
    assert_eq!(titles(&get(&owner, "module.leads", "en").await), ["kept"]);
    let member = server.user(&owner.org, "member", "bob");
    assert_eq!(titles(&get(&member, "module.leads", "en").await), ["seen", "kept"], "each for themselves");
}

#[tokio::test]
async fn a_scope_is_read_and_landed_on_by_those_whose_permission_reaches_it() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let landing = async |caller: &Caller| get(caller, "landing", "en").await;
    assert_eq!(landing(&owner).await.body, json!({ "data": { "scope": "strategy" } }));
    let member = server.user(&owner.org, "member", "bob");
    assert_eq!(landing(&member).await.body["data"]["scope"], "module.brief");
    let last = member
        .request(Method::PUT, "/api/v1/users/me/last-scope")
        .json(&json!({ "scope": "module.website" }));
    assert_eq!(Answer::to(last).await.status, 204);
    assert_eq!(landing(&member).await.body["data"]["scope"], "module.website");
    for scope in ["strategy", "category.sales"] {
        get(&member, scope, "en").await.problem(403, "FORBIDDEN");
        assert!(titles(&get(&owner, scope, "en").await).is_empty());
    }
    let integrator = server.user(&owner.org, "integrator", "shop");
    landing(&integrator).await.problem(403, "FORBIDDEN");
    get(&integrator, "module.leads", "en").await.problem(403, "FORBIDDEN");
    get(&owner, "module.nowhere", "en").await.problem(404, "NOT_FOUND");
}
