//! Anything as it was.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{Answer, Caller, Server, ada};

async fn get(caller: &Caller, path: &str) -> Answer {
    Answer::to(caller.request(Method::GET, &format!("/api/v1/streams/{path}"))).await
}

/// A lead in three versions, and what it was as each was made.
async fn lead(owner: &Caller) -> (String, Vec<Value>) {
    let state = async |path: &str, body: &Value, status| {
        let answer = Answer::to(owner.post(path, body).header("prefer", "return=representation")).await;
        let data = answer.done(status);
        (data["id"].as_str().unwrap().to_owned(), data["state"].clone())
    };
    let (id, captured) = state("/sales/leads", &ada(), 201).await;
    let path = |command: &str| format!("/sales/leads/{id}/{command}");
    let contact = json!({ "channel": "phone", "note": "rang", "at": "2026-01-31T09:30:00Z" });
    let (_, contacted) = state(&path("log-contact"), &contact, 200).await;
    let (_, qualified) = state(&path("qualify"), &json!({ "score": 80, "reason": "ready" }), 200).await;
    (id, vec![captured, contacted, qualified])
}

#[tokio::test]
async fn a_state_is_what_the_commands_said_that_it_was() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let (lead, states) = lead(&owner).await;
    for (before, state) in states.iter().enumerate() {
        let then = get(&owner, &format!("lead/{lead}?version={}", before + 1)).await;
        let data = &then.body["data"];
        assert_eq!((&data["state"], &data["version"]), (state, &json!(before + 1)), "{}", then.body);
        assert_eq!((&data["stream_type"], &data["stream_id"]), (&json!("lead"), &json!(lead)));
        let at = data["recorded_at"].as_str().unwrap();
        assert_eq!(get(&owner, &format!("lead/{lead}?at={at}")).await.body, then.body);
    }
    assert_eq!(get(&owner, &format!("lead/{lead}")).await.body["data"]["state"], states[2]);
    let diff = get(&owner, &format!("lead/{lead}/diff?from=1&to=3")).await;
    let expected = json!([
        { "pointer": "/score", "before": null, "after": 80 },
        { "pointer": "/status", "before": "new", "after": "qualified" },
    ]);
    assert_eq!(diff.body["data"], expected);
    let diff = get(&owner, &format!("lead/{lead}/diff?from=3&to=2")).await;
    assert_eq!(
        diff.body["data"][1],
        json!({ "pointer": "/status", "before": "qualified", "after": "contacted" })
    );
    assert_eq!(get(&owner, &format!("lead/{lead}/diff?from=2&to=2")).await.body["data"], json!([]));
}

#[tokio::test]
async fn what_is_not_there_and_what_is_another_orgs_look_the_same() {
    let server = Server::shared().await;
    let (owner, other) = (server.owner().await, server.owner().await);
    let (lead, _) = lead(&owner).await;
    let mut answers = Vec::new();
    for (caller, path) in [
        (&owner, format!("lead/{}", Uuid::now_v7())),
        (&other, format!("lead/{lead}")),
        (&other, format!("lead/{lead}?version=1")),
        (&other, format!("lead/{lead}/diff?from=0&to=1")),
        (&owner, format!("invoice/{lead}")),
        (&owner, format!("lead/{lead}?version=4")),
        (&owner, format!("lead/{lead}?version=0")),
        (&owner, format!("lead/{lead}?at=2020-01-01T00:00:00Z")),
        (&owner, format!("lead/{lead}/diff?from=1&to=4")),
        (&owner, format!("lead/{lead}/diff?from=0&to=0")),
        (&owner, format!("nothing/{lead}")),
        (&owner, "lead/x".to_owned()),
    ] {
        let mut problem = get(caller, &path).await.problem(404, "NOT_FOUND").clone();
        problem["trace_id"].take();
        answers.push(problem);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    for query in ["?version=x", "?at=now", "?version=1&at=2026-01-01T00:00:00Z", "?when=1"] {
        get(&owner, &format!("lead/{lead}{query}")).await.problem(422, "BAD_PARAMETER");
    }
    get(&owner, &format!("lead/{lead}/diff?from=1")).await.problem(422, "BAD_PARAMETER");
}

#[tokio::test]
async fn the_past_is_for_those_who_may_read_the_ledger_and_persons_for_those_who_may_read_them() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let (lead, _) = lead(&owner).await;
    for role in ["admin", "member", "analyst", "integrator"] {
        let caller = server.user(&owner.org, role, "bob");
        get(&caller, &format!("lead/{lead}")).await.problem(403, "FORBIDDEN");
        get(&caller, &format!("lead/{lead}/diff?from=0&to=1")).await.problem(403, "FORBIDDEN");
    }
    let auditor = server.user(&owner.org, "auditor", "eve");
    let open = get(&auditor, &format!("lead/{lead}")).await;
    assert_eq!(open.body["data"]["state"]["name"], "Ada Lovelace");
    // Nobody's role: what a token may add to one that reads no persons.
    let claims = super::support::keys::claims(&owner.org, "integrator", "shop");
    let claims = super::support::keys::but(claims, &json!({ "org_permissions": ["ledger:read"] }));
    let blind = owner.with_token(super::support::keys::Key::of_users().sign(&claims));
    for path in [format!("lead/{lead}"), format!("lead/{lead}/diff?from=0&to=3")] {
        let sealed = get(&blind, &path).await;
        assert_eq!(sealed.status, 200);
        assert!(!sealed.body.to_string().contains("Ada") && sealed.body.to_string().contains("$p"));
    }
    owner.give(&format!("/core/subjects/{lead}/forget"), &json!({})).await.done(201);
    let forgotten = get(&auditor, &format!("lead/{lead}?version=1")).await;
    assert_eq!(forgotten.body["data"]["state"]["name"], json!({ "$p": null }));
}
