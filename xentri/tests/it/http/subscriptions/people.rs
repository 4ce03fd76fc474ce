//! Who may subscribe to what, and what they see of people.

use serde_json::json;

use super::support::Client;
use crate::http::support::Server;

const ROLES: [&str; 6] = ["owner", "admin", "member", "auditor", "analyst", "integrator"];

/// In the order of the roles: `x` may, `.` may not.
const TABLE: &[(&str, &str)] = &[
    ("events(after: 0) { orgSeq }", "x..x.x"),
    ("events(after: 0) { payload }", "x..x.x"),
    ("lead(id: $lead) { state }", "xxxxx."),
    ("invoice(id: $lead) { state }", "xxxxx."),
    ("pulse(scope: STRATEGY) { id }", "xx.xx."),
    ("pulse(scope: MODULE_LEADS) { id }", "xxxxx."),
];

#[tokio::test]
async fn every_role_subscribes_to_what_the_table_says() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let lead = owner.lead().await;
    for (place, role) in ROLES.into_iter().enumerate() {
        let mut client = Client::open(&server.user(&owner.org, role, role)).await;
        for (field, row) in TABLE {
            let declares = if field.contains("$lead") { "($lead: UUID!)" } else { "" };
            let variables = if declares.is_empty() { json!({}) } else { json!({ "lead": lead }) };
            client.subscribe("1", &format!("subscription{declares} {{ {field} }}"), &variables).await;
            if row.as_bytes()[place] == b'.' {
                assert_eq!(client.refusal("1").await, "FORBIDDEN", "{role} {field}");
                continue;
            }
            if !field.starts_with("pulse") {
                client.data("1").await;
            }
            client.say(&json!({ "id": "1", "type": "complete" })).await;
            client.drain().await;
        }
    }
}

#[tokio::test]
async fn a_person_is_shown_to_those_alone_who_may_read_persons() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let canary = json!({ "name": "Canary Drei", "email": "drei@example.com", "source": "form" });
    let lead = owner.make("/sales/leads", &canary).await;
    let events = "subscription { events(after: 1) { payload reason command } }";
    let person =
        "subscription($id: UUID!) { lead(id: $id) { name email phone forgotten timeline { orgSeq } } }";
    for (role, query, shows) in [
        ("owner", events, true),
        ("auditor", events, true),
        ("integrator", events, false),
        ("member", person, true),
        ("analyst", person, false),
    ] {
        let mut client = Client::open(&server.user(&owner.org, role, role)).await;
        let variables = if query == person { json!({ "id": lead }) } else { json!({}) };
        client.subscribe("1", query, &variables).await;
        let mut text = client.data("1").await.to_string();
        if text.contains("\"lead\":null") {
            text = client.data("1").await.to_string();
        }
        assert_eq!(text.contains("Canary"), shows, "{role}: {text}");
        assert_eq!(text.contains("\"$p\":\""), role == "integrator", "{role}: {text}");
    }
}
