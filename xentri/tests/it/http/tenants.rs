//! Another org's things look exactly like things that are not there.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::aggregate::{CommandKind, Door};
use xentri_domain::registry::command_kinds;
use xentri_schemas::{command_name, command_schema};

use super::support::{Answer, Caller, Server};

/// What stands for an id in a command: by the kind of thing, or by the name of the field.
type Ids = BTreeMap<&'static str, String>;

/// Something of every kind in one org. Each stays as it is: nobody touches it.
async fn everything(owner: &Caller) -> Ids {
    let lead = owner.lead().await;
    let follow_up = json!({ "due_at": "2999-01-01T00:00:00Z", "note": "call" });
    let state = state_after(owner, &format!("/sales/leads/{lead}/schedule-follow-up"), &follow_up).await;
    let follow_up = state["follow_ups"][0]["id"].as_str().unwrap().to_owned();
    let site = owner.make("/brand/sites", &json!({ "name": "Bread", "slug": "bread" })).await;
    let page = json!({ "site_id": site, "path": "/", "title": "Bread", "blocks": [] });
    let page = owner.make("/brand/pages", &page).await;
    owner.give(&format!("/brand/pages/{page}/request-preview"), &json!({})).await.done(200);
    let state = state_after(owner, &format!("/brand/sites/{site}/publish"), &json!({})).await;
    let publish = state["publishing"]["publish_id"].as_str().unwrap().to_owned();
    let item = json!({ "scope": "module.leads", "importance": 2, "title": "Oven", "summary": "Broken",
        "action_required": true });
    let item = owner.make("/pulse/items", &item).await;
    let invoice = owner.invoice().await;
    let brief = owner.make("/strategy/brief/start", &json!({})).await;
    owner
        .give("/strategy/brief/record-answer", &json!({ "question": "Who?", "answer": "We" }))
        .await
        .done(200);
    let proposal = json!({ "section": "goals", "content": "More", "agent": "co-pilot", "expires_in": 3600 });
    let state = state_after(owner, "/strategy/brief/propose-section", &proposal).await;
    let proposal = state["proposals"]["goals"]["id"].as_str().unwrap().to_owned();
    Ids::from([
        ("lead", lead.clone()),
        ("subject", lead.clone()),
        ("lead_id", lead.clone()),
        ("subject_id", lead),
        ("follow_up_id", follow_up),
        ("site", site.clone()),
        ("site_id", site),
        ("page", page),
        ("publish_id", publish),
        ("pulse_item", item.clone()),
        ("item_id", item),
        ("invoice", invoice),
        ("proposal_id", proposal),
        ("brief", brief),
        ("org", owner.org.clone()),
    ])
}

async fn state_after(owner: &Caller, path: &str, body: &Value) -> Value {
    let answer = Answer::to(owner.post(path, body).header("prefer", "return=representation")).await;
    answer.done(200)["state"].clone()
}

/// Ids of nothing, for everything that the other org has. What is one thing there is one thing here.
fn nothing(there: &Ids) -> Ids {
    let mut fresh = BTreeMap::new();
    there
        .iter()
        .map(|(name, id)| (*name, fresh.entry(id).or_insert_with(|| Uuid::now_v7().to_string()).clone()))
        .collect()
}

/// Path and body of a command of that kind in which every id is one of those.
fn request(kind: &CommandKind, ids: &Ids) -> (String, Value) {
    let schema: Value = serde_json::from_str(command_schema(&command_name(kind)).unwrap()).unwrap();
    let mut body = schema["examples"][0].clone();
    if kind.door == Door::Create {
        body["id"] = ids.get(kind.stream_type).cloned().into();
    }
    replace_ids(&mut body, ids);
    let CommandKind { collection, name, .. } = kind;
    match kind.door {
        Door::Create => ((*collection).to_owned(), body),
        Door::Stream => (format!("{collection}/{}/{name}", ids[kind.stream_type]), body),
        Door::OnePerOrg => (format!("{collection}/{name}"), body),
        Door::Inbox => (format!("{collection}/module.leads/{name}/{}", ids["item_id"]), json!({})),
    }
}

fn replace_ids(value: &mut Value, ids: &Ids) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match ids.get(name.as_str()) {
                    Some(id) if value.is_string() => *value = json!(id),
                    _ => replace_ids(value, ids),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace_ids(item, ids)),
        _ => {}
    }
}

/// Everything that an answer tells but for what is new each time. The ids that were sent, and those of whoever sent them,
/// go by their names.
fn told(answer: &Answer, sent: &Ids, own: &Ids) -> String {
    let mut body = answer.body.clone();
    for pointer in ["/trace_id", "/meta/trace_id", "/data/consistency_token"] {
        if let Some(value) = body.pointer_mut(pointer) {
            *value = Value::Null;
        }
    }
    for event in body.pointer_mut("/data/events").and_then(Value::as_array_mut).into_iter().flatten() {
        event["id"] = Value::Null;
    }
    let headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "traceparent", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    let told = format!("{} {} {body}", answer.status, headers.join(", "));
    let told = sent.iter().fold(told, |told, (name, id)| told.replace(id, &format!("<{name}>")));
    own.iter().fold(told, |told, (name, id)| told.replace(id, &format!("<own {name}>")))
}

/// An org with nothing but a brief, whose id follows from the org's.
async fn stranger(server: &Server) -> (Caller, Ids) {
    let caller = server.owner().await;
    let brief = caller.make("/strategy/brief/start", &json!({})).await;
    let own = Ids::from([("org", caller.org.clone()), ("brief", brief)]);
    (caller, own)
}

/// Two new orgs are alike in everything. One is asked for the other org's things, the other for nothing's; every answer
/// has to be the same, whatever it is.
#[tokio::test]
async fn every_command_is_answered_for_anothers_id_as_for_none() {
    let server = Server::shared().await;
    let there = everything(&server.owner().await).await;
    let missing = nothing(&there);
    let (one, two) = (stranger(&server).await, stranger(&server).await);
    let mut by_status: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    // Those that make something with the id last: afterwards it is known.
    let (making, naming): (Vec<_>, Vec<_>) = command_kinds().partition(|kind| kind.door == Door::Create);
    for kind in naming.into_iter().chain(making) {
        let mut answers = Vec::new();
        for ((owner, own), ids) in [(&one, &there), (&two, &missing)] {
            let (path, body) = request(kind, ids);
            let answer = owner.give(&path, &body).await;
            answers.push((told(&answer, ids, own), answer.status));
        }
        assert_eq!(answers[0].0, answers[1].0, "{}", command_name(kind));
        by_status.entry(answers[0].1).or_default().push(command_name(kind));
    }
    let answered = |status, name: &String| by_status.get(&status).is_some_and(|all| all.contains(name));
    for name in command_kinds().filter(|kind| kind.door == Door::Stream).map(command_name) {
        // What only the system may do is forbidden before anything is looked for.
        assert!(answered(404, &name) || answered(403, &name), "{name}: {by_status:?}");
    }
    assert!(by_status[&404].len() > by_status[&403].len(), "{by_status:?}");
}

/// What the system's own services may do alone is answered alike, too.
#[tokio::test]
async fn services_see_no_more_of_another_org_than_users() {
    let server = Server::shared().await;
    let there = everything(&server.owner().await).await;
    let missing = nothing(&there);
    let (one, two) = (stranger(&server).await, stranger(&server).await);
    let service = server.service("importer");
    for kind in command_kinds().filter(|kind| kind.door == Door::Stream) {
        let mut answers = Vec::new();
        for ((_, own), ids) in [(&one, &there), (&two, &missing)] {
            let (path, body) = request(kind, ids);
            let answer = service.in_org(&own["org"]).give(&path, &body).await;
            answers.push(told(&answer, ids, own));
        }
        assert_eq!(answers[0], answers[1], "{}", command_name(kind));
    }
}

/// Ids inside a body, on a thing of one's own.
#[tokio::test]
async fn anothers_id_in_a_body_is_answered_as_none() {
    let server = Server::shared().await;
    let there = everything(&server.owner().await).await;
    let missing = nothing(&there);
    let mut answers = Vec::new();
    for ids in [&there, &missing] {
        let owner = server.owner().await;
        let own = everything(&owner).await;
        let mut told_all = Vec::new();
        for (path, body) in [
            (
                format!("/sales/leads/{}/complete-follow-up", own["lead"]),
                json!({ "follow_up_id": ids["follow_up_id"] }),
            ),
            ("/strategy/brief/accept-proposal".to_owned(), json!({ "proposal_id": ids["proposal_id"] })),
            (
                "/brand/pages".to_owned(),
                json!({ "site_id": ids["site"], "path": "/x", "title": "X", "blocks": [] }),
            ),
            ("/core/orgs/x/change-settings".replace('x', &ids["org"]), json!({ "name": "Ours now" })),
        ] {
            let answer = owner.give(&path, &body).await;
            assert!(answer.status >= 400, "{path}: {}", answer.body);
            told_all.push(told(&answer, ids, &own));
        }
        answers.push(told_all);
    }
    assert_eq!(answers[0], answers[1]);
}

/// Neither a receipt nor a state of one org answers another.
#[tokio::test]
async fn nothing_of_the_other_org_has_changed() {
    let server = Server::shared().await;
    let (owner, stranger) = (server.owner().await, server.owner().await);
    let lead = owner.lead().await;
    let path = format!("/sales/leads/{lead}/add-note");
    let note = |caller: &Caller| caller.post(&path, &json!({ "note": "hm" })).header("idempotency-key", "k");
    Answer::to(note(&owner)).await.done(200);
    Answer::to(note(&stranger)).await.problem(404, "NOT_FOUND");
    // What is not there has no version.
    let refused = Answer::to(note(&stranger).header("if-match", "\"2\"")).await;
    assert_eq!(refused.problem(412, "VERSION_MISMATCH")["version"], 0);
    assert_eq!(server.events(&stranger.org).await.len(), 1);
}
