//! Who sees what of people.

use serde_json::{Value, json};

use super::support::{Stream, all, page};
use crate::http::support::Server;

fn of_type<'a>(events: &'a [Value], name: &str) -> &'a Value {
    events.iter().find(|event| event["type"] == name).unwrap_or_else(|| panic!("no {name}"))
}

fn is_sealed(value: &Value) -> bool {
    value["$p"].as_str().is_some_and(|sealed| !sealed.is_empty())
}

const CANARY: &str = "Canary \"Zoë\" \\ {\"$p\":\"no\"}";

#[tokio::test]
async fn personal_data_is_open_for_who_may_read_it_and_sealed_for_all_others() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let lead = json!({ "name": CANARY, "email": "zoe@example.com", "company": "Mine", "source": "form", "note": "shy" });
    let lead = owner.make("/sales/leads", &lead).await;
    let auditor = server.user(&owner.org, "auditor", "eve");
    for reader in [&owner, &auditor] {
        let events = all(reader).await;
        let payload = &of_type(&events, "xentri.lead.created.v1")["payload"];
        assert_eq!((&payload["name"], &payload["email"]), (&json!(CANARY), &json!("zoe@example.com")));
        assert_eq!((&payload["note"], &payload["company"]), (&json!("shy"), &json!("Mine")));
    }
    let integrator = server.user(&owner.org, "integrator", "shop");
    let sealed = all(&integrator).await;
    let payload = &of_type(&sealed, "xentri.lead.created.v1")["payload"];
    assert!(is_sealed(&payload["name"]) && is_sealed(&payload["email"]) && is_sealed(&payload["note"]));
    assert_eq!(payload["company"], "Mine");

    let forget = json!({});
    owner.give(&format!("/core/subjects/{lead}/forget"), &forget).await.done(201);
    let events = all(&auditor).await;
    let payload = &of_type(&events, "xentri.lead.created.v1")["payload"];
    let forgotten = json!({ "$p": null });
    assert_eq!((&payload["name"], &payload["email"], &payload["note"]), (&forgotten, &forgotten, &forgotten));
    // What was hashed stays, for whoever verifies the chain.
    assert_eq!(&all(&integrator).await[..sealed.len()], sealed);
}

/// By every way that its permissions leave open, and by those that they don't.
#[tokio::test]
async fn an_integrator_reads_no_personal_data_by_any_path() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let name = "Canary Zwei";
    let lead = owner
        .make("/sales/leads", &json!({ "name": name, "email": "zwei@example.com", "source": "form" }))
        .await;
    let integrator = server.user(&owner.org, "integrator", "shop");
    let mut stream = Stream::open(&integrator, "", None).await;
    let mut texts = vec![page(&integrator, "").await.body.to_string()];
    for _ in 0..2 {
        texts.push(stream.next().await.unwrap().1.to_string());
    }
    for path in [
        "/api/v1/events?types=xentri.lead.created.v1".to_owned(),
        "/api/v1/events?after=x".to_owned(),
        "/api/v1/pulse/landing".to_owned(),
        "/api/v1/pulse/module.leads".to_owned(),
        format!("/api/v1/streams/lead/{lead}"),
        format!("/api/v1/streams/lead/{lead}/diff?from=0&to=1"),
        "/api/v1/schemas/lead.created@1.0".to_owned(),
    ] {
        let answer = integrator.request(reqwest::Method::GET, &path).send().await.unwrap();
        texts.push(answer.text().await.unwrap());
    }
    for text in texts {
        assert!(!text.contains("Canary") && !text.contains("zwei@"), "{text}");
    }
}
