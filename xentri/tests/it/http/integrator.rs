//! A program of somebody else's in an org: it is told of what happens, and reads nothing of any person by whatever path. Plain reads
//! are tried beside the feed (`feed/people`).

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::support::{Answer, Caller, Server};
use crate::process::PATIENCE;

const NAME: &str = "Canary Vier";
const EMAIL: &str = "vier@example.com";
const PHONE: &str = "+34600444444";

/// Everything that tells of a lead, an invoice, or what was done with them, each by itself.
const QUERIES: &[&str] = &[
    "lead(id: $lead) { name email phone company note: timeline { reason } }",
    "leads { edges { node { name email phone timeline { reason command } } } totalCount }",
    "leads(filter: { search: \"Canary\" }) { edges { cursor } totalCount }",
    "leads(orderBy: { field: NAME }) { edges { cursor } }",
    "invoice(id: $invoice) { customer { name email phone address } lead { name } }",
    "invoices { edges { node { customer { name email } } } }",
    "invoices(filter: { search: \"Canary\" }) { edges { cursor } totalCount }",
    "pulse(scope: MODULE_LEADS) { edges { node { title summary } } }",
    "pulse(scope: STRATEGY) { edges { node { title summary } } }",
    "timeline(streamType: \"lead\", streamId: $lead) { edges { node { reason command actor { id } payload } } }",
    "history(first: 100) { edges { node { reason command payload } } }",
    "aggregateAt(streamType: \"lead\", streamId: $lead) { state }",
    "aggregateAt(streamType: \"invoice\", streamId: $invoice) { state }",
    "aggregateDiff(streamType: \"lead\", streamId: $lead, from: 0, to: 1) { before after }",
    "node(type: LEAD, id: $lead) { ... on Lead { name email phone } }",
    "node(type: INVOICE, id: $invoice) { ... on Invoice { customer { name } } }",
];

const SUBSCRIPTIONS: &[(&str, bool)] = &[
    ("events(after: 0) { type payload reason command actor { id } }", true),
    ("lead(id: $lead) { name email phone timeline { payload reason } }", false),
    ("invoice(id: $invoice) { customer { name email phone address } }", false),
    ("pulse(scope: MODULE_LEADS) { title summary }", false),
    ("pulse(scope: STRATEGY) { title summary }", false),
];

fn declared(field: &str) -> String {
    let used = ["lead", "invoice"].into_iter().filter(|name| field.contains(&format!("${name}")));
    let used: Vec<_> = used.map(|name| format!("${name}: UUID!")).collect();
    if used.is_empty() { String::new() } else { format!("({})", used.join(", ")) }
}

async fn ask(caller: &Caller, field: &str, variables: &Value) -> Answer {
    let query = format!("query{} {{ {field} }}", declared(field));
    let body = json!({ "query": query, "variables": variables });
    Answer::to(caller.request(Method::POST, "/graphql").json(&body)).await
}

/// All that comes of a subscription: until it is refused, or every event of the org was told.
async fn listen(caller: &Caller, field: &str, variables: &Value, events: usize) -> Vec<Value> {
    let address = caller.api().strip_prefix("http://").unwrap();
    let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let bearer = format!("Bearer {}", caller.token()).parse().unwrap();
    request.headers_mut().insert("authorization", bearer);
    let (mut socket, _) = client_async(request, TcpStream::connect(address).await.unwrap()).await.unwrap();
    let query = format!("subscription{} {{ {field} }}", declared(field));
    let subscribe =
        json!({ "id": "1", "type": "subscribe", "payload": { "query": query, "variables": variables } });
    for message in [json!({ "type": "connection_init" }), subscribe] {
        socket.send(Message::Text(message.to_string().into())).await.unwrap();
    }
    let mut heard = Vec::new();
    loop {
        let message = timeout(PATIENCE, socket.next()).await.expect("it hangs").unwrap().unwrap();
        let Message::Text(text) = message else { continue };
        let said: Value = serde_json::from_str(&text).unwrap();
        if said["type"] == "connection_ack" {
            continue;
        }
        let over = said["type"] == "error";
        heard.push(said);
        if over || heard.len() == events {
            return heard;
        }
    }
}

fn tells(text: &str) -> bool {
    [NAME, "Canary", EMAIL, PHONE, "Canary Street"].iter().any(|personal| text.contains(personal))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integrator_reads_nothing_of_a_person_by_queries_subscriptions_or_errors() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let lead = json!({ "name": NAME, "email": EMAIL, "phone": PHONE, "source": "form", "note": "Canary" });
    let lead = owner.make("/sales/leads", &lead).await;
    let draft = json!({ "customer": { "name": NAME, "email": EMAIL, "address": "Canary Street 1" }, "due_in_days": 14,
        "lead_id": lead, "lines": [{ "description": "Bread", "quantity": "2", "unit_price": 150, "tax_rate_bp": 1000 }] });
    let invoice = owner.make("/finance/invoices", &draft).await;
    let issued = owner.give(&format!("/finance/invoices/{invoice}/issue"), &json!({})).await;
    let events = usize::try_from(issued.done(200)["org_seq"].as_u64().unwrap()).unwrap();
    let variables = json!({ "lead": lead, "invoice": invoice });
    let only = |field: &str| -> Value {
        let used =
            variables.as_object().unwrap().iter().filter(|(name, _)| field.contains(&format!("${name}")));
        used.map(|(name, id)| (name.clone(), id.clone())).collect()
    };
    let integrator = server.user(&owner.org, "integrator", "shop");
    // That there is something to be seen: the same by somebody who may.
    for (caller, may) in [(&owner, true), (&integrator, false)] {
        let mut seen = false;
        for field in QUERIES {
            let answer = ask(caller, field, &only(field)).await;
            let text = answer.body.to_string();
            let refused = answer.body["errors"][0]["extensions"]["code"] == "FORBIDDEN";
            // A field that is not there would be refused as well, and prove nothing.
            assert!(may != refused, "{field}: {text}");
            assert!(may || !tells(&text), "{field}: {text}");
            seen |= tells(&text);
        }
        assert_eq!(seen, may);
        for (field, told) in SUBSCRIPTIONS {
            if may && !told {
                continue;
            }
            let heard = listen(caller, field, &only(field), if *told { events } else { 1 }).await;
            let text = Value::from(heard.clone()).to_string();
            assert_eq!(tells(&text), may, "{field}: {text}");
            let refused = heard[0]["type"] == "error";
            assert_eq!(refused, !told, "{field}: {text}");
        }
    }
    // By trying: what is there and what is not are refused in the same words.
    let there = ask(&integrator, "leads(filter: { search: \"Canary\" }) { totalCount }", &json!({})).await;
    let not = ask(&integrator, "leads(filter: { search: \"Nobody\" }) { totalCount }", &json!({})).await;
    assert_eq!(there.body, not.body);
    // Nor by giving commands, which may answer the state.
    let contact = json!({ "channel": "phone", "note": "x" });
    let contact = integrator.post(&format!("/sales/leads/{lead}/log-contact"), &contact);
    let refused = Answer::to(contact.header("prefer", "return=representation")).await;
    assert!(!tells(refused.problem(403, "FORBIDDEN").to_string().as_str()));
}
