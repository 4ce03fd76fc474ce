//! What deserves attention, as a reader sees it.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{Answer, Caller, Server};
use crate::process::eventually;

async fn get(caller: &Caller, path: &str, language: &str) -> Answer {
    let request = caller.request(Method::GET, &format!("/api/v1/pulse/{path}"));
    Answer::to(request.header("accept-language", language)).await
}

/// No earlier than that command.
async fn get_after(caller: &Caller, path: &str, token: &Value) -> Answer {
    let request = caller.request(Method::GET, &format!("/api/v1/pulse/{path}"));
    Answer::to(request.header("x-consistency-token", token.as_str().unwrap())).await
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

#[tokio::test(flavor = "multi_thread")]
async fn who_brings_the_token_of_a_command_sees_what_it_did() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    for number in 1..=10 {
        let item =
            json!({ "scope": "module.leads", "importance": 1, "title": "x", "action_required": false });
        let raised = owner.give("/pulse/items", &item).await;
        let token = &raised.done(201)["consistency_token"];
        assert_eq!(titles(&get_after(&owner, "module.leads", token).await).len(), number);
    }
    // A lead's item and its name are of two read models, and the token waits for both.
    let captured = owner.give("/sales/leads", &super::support::ada()).await;
    let page = get_after(&owner, "module.leads", &captured.done(201)["consistency_token"]).await;
    assert!(titles(&page).iter().any(|title| title.contains("Ada Lovelace")), "{}", page.body);
    let landing = get_after(&owner, "landing", &captured.done(201)["consistency_token"]).await;
    assert_eq!(landing.body["data"]["scope"], "strategy");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_or_another_orgs_is_refused() {
    let server = Server::shared().await;
    let (owner, other) = (server.owner().await, server.owner().await);
    let captured = other.give("/sales/leads", &super::support::ada()).await;
    let theirs = &captured.done(201)["consistency_token"];
    for path in ["module.leads", "landing"] {
        for bad in [&json!("x"), &json!(""), theirs] {
            get_after(&owner, path, bad).await.problem(400, "BAD_CONSISTENCY_TOKEN");
        }
    }
}

/// Nobody keeps the read models.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_waits_in_vain_says_so() {
    let server = Server::alone().await;
    let owner = server.owner().await;
    let captured = owner.give("/sales/leads", &super::support::ada()).await;
    let token = &captured.done(201)["consistency_token"];
    let stale = get_after(&owner, "module.leads", token).await;
    stale.problem(503, "STALE_READ");
    assert_eq!(stale.header("retry-after"), Some("1"));
    // What is there will do without it; and what reads no read model has nothing to wait for.
    assert!(titles(&get(&owner, "module.leads", "en").await).is_empty());
    assert_eq!(get_after(&owner, "landing", token).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_held_back_is_named_as_such() {
    let server = Server::with(&[]).await;
    let owner = server.owner().await;
    let captured = owner.give("/sales/leads", &super::support::ada()).await;
    let (id, token) = (&captured.done(201)["id"], &captured.done(201)["consistency_token"]);
    assert_eq!(titles(&get_after(&owner, "module.leads", token).await).len(), 1);
    let park = "insert into parked_event (org_id, projection, version, generation, shard, position, epoch, event_id, type, keys) \
        select org_id, 'leads', 1, 1, shard, position, epoch, id, type, array[stream_id] from event where stream_id = $1::uuid";
    sqlx::query(park).bind(id.as_str().unwrap()).execute(&mut server.database().await).await.unwrap();
    get_after(&owner, "module.leads", token).await.problem(503, "PROJECTION_PARKED");
    // Without the token, and of another stream, there is an answer.
    assert_eq!(titles(&get(&owner, "module.leads", "en").await).len(), 1);
    let other = owner.give("/sales/leads", &super::support::ada()).await;
    let page = get_after(&owner, "module.leads", &other.done(201)["consistency_token"]).await;
    assert_eq!(titles(&page).len(), 2);
}

/// One list, whatever it is read by.
#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_graphql_goes_on_here() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let mut token = Value::Null;
    for (title, importance) in [("a", 1), ("b", 2), ("c", 3)] {
        let item = json!({ "scope": "module.leads", "importance": importance, "title": title, "action_required": false });
        token = owner.give("/pulse/items", &item).await.done(201)["consistency_token"].clone();
    }
    let query = "{ pulse(scope: MODULE_LEADS, first: 1) { pageInfo { endCursor } } }";
    let asked = owner.request(Method::POST, "/graphql").json(&json!({ "query": query }));
    let answered = Answer::to(asked.header("x-consistency-token", token.as_str().unwrap())).await;
    let cursor = answered.body["data"]["pulse"]["pageInfo"]["endCursor"].as_str().unwrap();
    assert_eq!(titles(&get(&owner, &format!("module.leads?after={cursor}"), "en").await), ["b", "c"]);
}
