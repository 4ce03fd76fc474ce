//! What those who run the platform ask for over HTTP.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{Answer, Caller, Server};
use crate::process::eventually;

const REBUILDS: &str = "/admin/rebuilds";
/// Nobody reads as of long ago, so a swap waits for little.
const BRISK: [(&str, &str); 1] = [("XENTRI_HTTP_REQUEST_TIMEOUT", "2s")];

async fn get(caller: &Caller, path: &str) -> Answer {
    Answer::to(caller.request(Method::GET, &format!("/api/v1{path}"))).await
}

async fn ordered(caller: &Caller, body: &Value) -> String {
    let answer = caller.give(REBUILDS, body).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let id = answer.body["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), Some(format!("/api/v1{REBUILDS}/{id}").as_str()));
    id
}

/// As it is told, once it is in that state.
async fn comes_to(caller: &Caller, id: &str, state: &str) -> Value {
    let mut told = Value::Null;
    eventually(&format!("a rebuild is {state}"), async || {
        told = get(caller, &format!("{REBUILDS}/{id}")).await.body["data"].clone();
        told["state"] == state
    })
    .await;
    told
}

async fn projections(owner: &Caller) -> Vec<Value> {
    let query = "{ projections { name generation state rebuild { phase beganAt: begunAt graceUntil } } }";
    let asked = owner.request(Method::POST, "/graphql").json(&json!({ "query": query }));
    let answer = Answer::to(asked).await.body;
    let all = answer["data"]["projections"].as_array().unwrap_or_else(|| panic!("{answer}"));
    all.iter().filter(|one| one["name"] == "leads").cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_is_ordered_done_and_told_of() {
    let server = Server::with(&BRISK).await;
    let (owner, operator) = (server.owner().await, server.service("operations"));
    for _ in 0..5 {
        owner.lead().await;
    }
    let id = ordered(&operator, &json!({ "projections": ["leads", "org"] })).await;
    let told = comes_to(&operator, &id, "done").await;
    assert_eq!(told["requested_by"], "system:operations");
    assert_eq!((told["waits"].is_null(), told["ended_at"].is_string()), (true, true), "{told}");
    let rebuilt = &told["outcome"]["rebuilt"];
    assert_eq!(
        (&rebuilt[0]["rebuilt"], &rebuilt[0]["rows"], &rebuilt[1]["rebuilt"]),
        (&json!("leads_v1_g2"), &json!(5), &json!("org_v1_g2")),
        "{told}"
    );
    let listed = get(&operator, REBUILDS).await;
    assert_eq!(
        (&listed.body["data"][0]["id"], listed.body["data"].as_array().unwrap().len()),
        (&json!(id), 1)
    );

    let shown = projections(&owner).await;
    let states: Vec<_> = shown.iter().map(|one| (&one["generation"], &one["state"])).collect();
    assert_eq!(states, [(&json!(1), &json!("GRACE")), (&json!(2), &json!("LIVE"))]);
    assert_eq!((&shown[0]["rebuild"], &shown[1]["rebuild"]["phase"]), (&Value::Null, &json!("GRACE")));
    assert!(shown[1]["rebuild"]["graceUntil"].is_string(), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_is_told_without_what_is_personal_and_can_be_accepted() {
    use sqlx::Executor as _;
    let server = Server::with(&BRISK).await;
    let (owner, operator) = (server.owner().await, server.service("operations"));
    let lead = owner.lead().await;
    let mut database = server.database().await;
    eventually("the lead is read", async || {
        let mallory = "update read.leads_v1_g1 set name = 'Mallory' where name is not null";
        database.execute(mallory).await.unwrap().rows_affected() == 1
    })
    .await;
    let id = ordered(&operator, &json!({ "projections": ["leads"], "keep": true })).await;
    let told = comes_to(&operator, &id, "differing").await;
    let row = &told["outcome"]["differences"][0]["tables"][0]["rows"][0];
    assert_eq!((&row["id"], &row["columns"][0]["column"]), (&json!(lead), &json!("name")), "{told}");
    assert!(!told.to_string().contains("Mallory") && !told.to_string().contains("Ada"), "{told}");
    assert_eq!(projections(&owner).await[1]["rebuild"]["phase"], "DIFFERING");

    let id = ordered(&operator, &json!({ "projections": ["leads"], "accept": true })).await;
    comes_to(&operator, &id, "done").await;
    let seen = Answer::to(owner.request(Method::POST, "/graphql").json(&json!({
        "query": "query($id: UUID!) { lead(id: $id) { name } }", "variables": { "id": lead } })))
    .await;
    assert_eq!(seen.body["data"]["lead"]["name"], "Ada Lovelace");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_runs_is_cancelled_and_nothing_is_left_of_it() {
    let server = Server::with(&BRISK).await;
    let (owner, operator) = (server.owner().await, server.service("operations"));
    for _ in 0..12 {
        owner.lead().await;
    }
    let slowly = json!({ "projections": ["leads"], "throttle": 1 });
    let id = ordered(&operator, &slowly).await;
    comes_to(&operator, &id, "running").await;
    let second = operator.give(REBUILDS, &json!({ "projections": ["org", "leads"] })).await;
    second.problem(409, "REBUILD_OPEN");
    assert!(second.body["detail"].as_str().unwrap().contains(&id), "{}", second.body);

    let waiting = ordered(&operator, &json!({ "projections": ["org"] })).await;
    let given_up = operator.give(&format!("{REBUILDS}/{waiting}/cancel"), &json!({})).await;
    assert_eq!(
        (given_up.status, &given_up.body["data"]["state"]),
        (200, &json!("cancelled")),
        "nobody was at it"
    );

    let cancel = format!("{REBUILDS}/{id}/cancel");
    let cancelled = operator.give(&cancel, &json!({})).await;
    assert_eq!((cancelled.status, &cancelled.body["data"]["state"]), (202, &json!("cancelling")));
    comes_to(&operator, &id, "cancelled").await;
    assert_eq!(operator.give(&cancel, &json!({})).await.status, 200, "it has ended already");
    assert_eq!(projections(&owner).await.len(), 1);
    // The way is free again.
    let id = ordered(&operator, &json!({ "projections": ["leads"] })).await;
    comes_to(&operator, &id, "done").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_leaves_another_goes_on_with() {
    let mut killed = Server::with(&BRISK).await;
    let (owner, operator) = (killed.owner().await, killed.service("operations"));
    for _ in 0..12 {
        owner.lead().await;
    }
    let id = ordered(&operator, &json!({ "projections": ["leads"], "throttle": 2 })).await;
    comes_to(&operator, &id, "running").await;
    killed.signal("KILL");
    killed.end();
    let next = killed.another_with(&BRISK).await;
    let told = comes_to(&operator.at(&next), &id, "done").await;
    assert_eq!(told["outcome"]["rebuilt"][0]["rows"], 12, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_role_of_an_org_runs_the_platform() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let (leads, one) = (json!({ "projections": ["leads"] }), format!("{REBUILDS}/{}", uuid::Uuid::now_v7()));
    for role in ["owner", "admin", "analyst", "auditor"] {
        let user = server.user(&owner.org, role, "eve");
        user.give(REBUILDS, &leads).await.problem(403, "FORBIDDEN");
        get(&user, REBUILDS).await.problem(403, "FORBIDDEN");
        get(&user, &one).await.problem(403, "FORBIDDEN");
        user.give(&format!("{one}/cancel"), &json!({})).await.problem(403, "FORBIDDEN");
    }
    owner.with_token("x.y.z".to_owned()).give(REBUILDS, &leads).await.problem(401, "UNAUTHENTICATED");
    let operator = server.service("operations");
    get(&operator, &one).await.problem(404, "NOT_FOUND");
    operator.give(&format!("{one}/cancel"), &json!({})).await.problem(404, "NOT_FOUND");
    get(&operator, &format!("{REBUILDS}/leads")).await.problem(404, "NOT_FOUND");
    let unknown = operator.give(REBUILDS, &json!({ "projections": ["lead"] })).await;
    unknown.problem(422, "INVALID");
    assert_eq!(unknown.body["errors"][0]["pointer"], "/projections/0");
    let text = operator.request(Method::POST, "/api/v1/admin/rebuilds").header("content-type", "text/plain");
    Answer::to(text.body(leads.to_string())).await.problem(415, "UNSUPPORTED_MEDIA_TYPE");
}
