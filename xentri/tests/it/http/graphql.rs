//! Queries through the front door.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{Answer, Caller, Server};

const LEAD: &str = "query($id: UUID!) { lead(id: $id) { name state version } org { name } }";

fn query(caller: &Caller, query: &str, variables: &Value) -> RequestBuilder {
    caller.request(Method::POST, "/graphql").json(&json!({ "query": query, "variables": variables }))
}

/// Reads no earlier than what was done.
fn after(done: &Value, request: RequestBuilder) -> RequestBuilder {
    request.header("X-Consistency-Token", done["consistency_token"].as_str().unwrap())
}

async fn ask(caller: &Caller, text: &str, variables: &Value) -> Answer {
    Answer::to(query(caller, text, variables)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_read_as_soon_as_it_is_captured() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    for _ in 0..10 {
        let captured = owner.give("/sales/leads", &super::support::ada()).await;
        let done = captured.done(201);
        let answered = Answer::to(after(done, query(&owner, LEAD, &json!({ "id": done["id"] })))).await;
        let expected = json!({ "data": { "lead": { "name": "Ada Lovelace", "state": "NEW", "version": 1 },
            "org": { "name": "Bakery" } } });
        assert_eq!((answered.status, answered.body), (200, expected));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn directives_go_by_what_is_given_and_else_by_the_default_and_the_answer_is_in_order() {
    // It ends with the last who holds it.
    let server = Server::shared().await;
    let owner = server.owner().await;
    let captured = owner.give("/sales/leads", &super::support::ada()).await;
    let text = "query A { org { name } } query B($no: Boolean = false, $yes: Boolean! = true) { org {
        name @include(if: $no) slug: name @include(if: $yes) id name @skip(if: $no) never: id @skip(if: $yes) } }";
    for (variables, expected) in [
        (json!({}), &["slug", "id", "name"][..]),
        (json!({ "no": true }), &["name", "slug", "id"]),
        (json!({ "yes": false }), &["id", "name", "never"]),
    ] {
        let asked = json!({ "query": text, "operationName": "B", "variables": variables });
        let asked = after(captured.done(201), owner.request(Method::POST, "/graphql").json(&asked));
        let answer = asked.send().await.unwrap().text().await.unwrap();
        // As written: a map in memory has an order of its own.
        let place = |name: &&str| answer.find(&format!("\"{name}\":"));
        let all = ["slug", "id", "name", "never"];
        let mut there: Vec<_> = all.into_iter().filter(|name| place(name).is_some()).collect();
        there.sort_by_key(place);
        assert_eq!(there, expected, "{variables} {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_token_reads_its_own_org_as_its_role_may() {
    let server = Server::shared().await;
    let (owner, stranger) = (server.owner().await, server.owner().await);
    let captured = owner.give("/sales/leads", &super::support::ada()).await;
    let id = &captured.done(201)["id"];
    let seen = after(captured.done(201), query(&owner, LEAD, &json!({ "id": id })));
    assert_eq!(Answer::to(seen).await.body["data"]["lead"]["version"], 1);
    let strange = ask(&stranger, LEAD, &json!({ "id": id })).await;
    let nothing = ask(&stranger, LEAD, &json!({ "id": Uuid::now_v7() })).await;
    assert_eq!((&strange.body["data"]["lead"], &strange.body), (&Value::Null, &nothing.body));
    let integrator = server.user(&owner.org, "integrator", "eve");
    let refused = ask(&integrator, LEAD, &json!({ "id": id })).await;
    assert_eq!(refused.body["data"], json!({ "lead": null, "org": null }));
    assert_eq!(refused.body["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let analyst = ask(&server.user(&owner.org, "analyst", "ann"), LEAD, &json!({ "id": id })).await;
    assert_eq!(analyst.body["data"]["lead"], json!({ "name": null, "state": "NEW", "version": 1 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_asks_without_a_token_or_in_no_org_or_by_get() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let nobody = owner.with_token("x.y.z".to_owned());
    ask(&nobody, "{ org { name } }", &json!({})).await.problem(401, "UNAUTHENTICATED");
    ask(&server.service("importer"), "{ org { name } }", &json!({})).await.problem(403, "ORG_MISSING");
    let service = server.service("importer").in_org(&owner.org);
    assert_eq!(ask(&service, "{ __typename }", &json!({})).await.body["data"]["__typename"], "Query");
    Answer::to(owner.request(Method::GET, "/graphql?query={__typename}"))
        .await
        .problem(405, "METHOD_NOT_ALLOWED");
    let text = owner.request(Method::POST, "/graphql").header("content-type", "text/plain").body("{}");
    Answer::to(text).await.problem(415, "UNSUPPORTED_MEDIA_TYPE");
    let broken = owner.request(Method::POST, "/graphql").header("content-type", "application/json").body("{");
    Answer::to(broken).await.problem(400, "MALFORMED");
}

/// Clients of today ask for that media type. What comes of it has a status, and all that an answer to a query has.
#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_is_refused_as_a_whole_tells_its_own_errors_in_either_media_type() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let newer = "application/graphql-response+json";
    for (asked, code) in [("{ leads { name } }", "QUERY_INVALID"), ("{", "QUERY_INVALID")] {
        for (accept, status) in [("application/json", 200), (newer, 400)] {
            let refused = Answer::to(query(&owner, asked, &json!({})).header("accept", accept)).await;
            let error = &refused.body["errors"][0];
            assert_eq!(
                (refused.status, &error["extensions"]["code"]),
                (status, &code.into()),
                "{}",
                refused.body
            );
            assert!(!error["message"].as_str().unwrap().is_empty());
        }
    }
}

/// What takes longer to be read is not answered later for that.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_the_order_of_the_question() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let captured = owner.give("/sales/leads", &super::support::ada()).await;
    for names in [["leads", "pipeline", "org", "invoices"], ["org", "invoices", "leads", "pipeline"]] {
        let fields = names.map(|name| match name {
            "leads" => "leads(first: 1) { totalCount edges { node { timeline { type } version } } }",
            "invoices" => "invoices { totalCount }",
            "pipeline" => "pipeline { leads }",
            _ => "org { name }",
        });
        let asked = query(&owner, &format!("{{ {} }}", fields.join(" ")), &json!({}));
        let answer = after(captured.done(201), asked).send().await.unwrap().text().await.unwrap();
        let places = names
            .map(|name| answer.find(&format!("\"{name}\":[")).or(answer.find(&format!("\"{name}\":{{"))));
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in {answer}");
    }
}
