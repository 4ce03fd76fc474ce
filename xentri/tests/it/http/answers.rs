//! What a command that was done is answered.

use serde_json::{Value, json};

use super::support::{Answer, Server, ada};

#[tokio::test]
async fn a_new_stream_is_201_with_its_place_and_version_and_all_else_200() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let captured = owner.give("/sales/leads", &ada()).await;
    let data = captured.done(201);
    let lead = data["id"].as_str().unwrap();
    assert_eq!((&data["version"], &data["org_seq"]), (&json!(1), &json!(2)));
    assert_eq!(data["events"][0]["type"], "xentri.lead.created.v1");
    assert_eq!(captured.header("location"), Some(&*format!("/api/v1/sales/leads/{lead}")));
    assert_eq!(captured.header("etag"), Some("\"1\""));
    assert_eq!((captured.header("idempotency-replayed"), data.get("state")), (None, None));

    let path = format!("/sales/leads/{lead}/log-contact");
    let contacted = owner.give(&path, &json!({ "channel": "email" })).await;
    assert_eq!(contacted.done(200)["version"], 2);
    assert_eq!((contacted.header("location"), contacted.header("etag")), (None, Some("\"2\"")));

    let started = owner.give("/strategy/brief/start", &json!({})).await;
    started.done(201);
    assert_eq!(started.header("location"), Some("/api/v1/strategy/brief"));
}

#[tokio::test]
async fn an_id_of_the_clients_is_kept_and_taken_once() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let id = uuid::Uuid::now_v7().to_string();
    let body = json!({ "id": id, "name": "Ada Lovelace", "source": "form" });
    assert_eq!(owner.give("/sales/leads", &body).await.done(201)["id"], id);
    owner.give("/sales/leads", &body).await.problem(409, "ALREADY_EXISTS");
    let body = json!({ "id": uuid::Uuid::new_v4().to_string(), "name": "Ada Lovelace", "source": "form" });
    let refused = owner.give("/sales/leads", &body).await;
    assert_eq!(refused.problem(422, "INVALID")["errors"][0]["pointer"], "/id");
}

#[tokio::test]
async fn whoever_prefers_it_gets_the_new_state_if_they_may_read_it() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let lead = owner.lead().await;
    let contact = json!({ "channel": "email" });
    let request = owner.post(&format!("/sales/leads/{lead}/log-contact"), &contact);
    let answer = Answer::to(request.header("prefer", "return=representation")).await;
    let state = &answer.done(200)["state"];
    assert_eq!((&state["status"], &state["name"]), (&json!("contacted"), &json!("Ada Lovelace")));
    assert_eq!(answer.header("preference-applied"), Some("return=representation"));

    // The role auditor reads and writes nothing; with a permission to write it reads what it writes.
    let auditor = server.user(&owner.org, "auditor", "eve");
    auditor
        .give(&format!("/sales/leads/{lead}/add-note"), &json!({ "note": "hm" }))
        .await
        .problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn the_metadata_of_a_command_is_recorded_with_its_event() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let cause = uuid::Uuid::now_v7().to_string();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = owner
        .post("/sales/leads", &ada())
        .header("x-occurred-at", "2026-03-02T13:00:00+01:00")
        .header("x-correlation-id", &cause)
        .header("x-causation-id", &cause)
        .header("x-reason", "by phone")
        .header("idempotency-key", "call-17")
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    let answer = Answer::to(request).await;
    let id: uuid::Uuid = answer.done(201)["events"][0]["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(answer.body["meta"]["trace_id"], trace);
    let body: String = sqlx::query_scalar("select body from event where id = $1")
        .bind(id)
        .fetch_one(&mut server.database().await)
        .await
        .unwrap();
    let event: Value = serde_json::from_str(&body).unwrap();
    for (pointer, value) in [
        ("/occurred_at", "2026-03-02T12:00:00.000000Z"),
        ("/correlation_id", &cause),
        ("/causation_id", &cause),
        ("/trace_id", trace),
        ("/dedupe_key", "call-17"),
        ("/meta/reason", "by phone"),
        ("/meta/environment", "local"),
        ("/actor/type", "user"),
    ] {
        assert_eq!(event.pointer(pointer).and_then(Value::as_str), Some(value), "{pointer} in {body}");
    }
    assert!(!body.contains("Lovelace"), "sealed: {body}");
}
