//! Reading one's own writes.

use std::time::{Duration, Instant};

use serde_json::json;
use xentri_query_api::graphql::GraphqlSettings;

use crate::support::{World, code, request};

const LEAD: &str = "query($id: UUID!) { lead(id: $id) { version } }";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_brings_the_token_of_a_command_sees_what_it_did() {
    let world = World::new().await;
    let owner = world.owner().await;
    for n in 0..20 {
        let lead = world.lead(&owner, "Ada").await;
        let (id, token) = (json!({ "id": lead.id }), &lead.consistency_token);
        let answered = if n % 2 == 0 {
            world.ask_after(&owner, token, LEAD, id).await
        } else {
            let extensions = json!({ "consistencyToken": token });
            let body = json!({ "query": LEAD, "variables": id, "extensions": extensions });
            world.send(request(&owner, body.to_string())).await
        };
        assert_eq!(answered.data()["lead"]["version"], 1);
    }
}

fn impatient() -> GraphqlSettings {
    GraphqlSettings { patience: Duration::from_millis(200), ..GraphqlSettings::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_waits_in_vain_says_so() {
    let world = World::idle(impatient()).await;
    let owner = world.owner().await;
    let lead = world.lead(&owner, "Ada").await;
    let (id, token) = (json!({ "id": lead.id }), &lead.consistency_token);
    let answered = world.ask_after(&owner, token, LEAD, id.clone()).await;
    assert_eq!((answered.status, code(&answered)), (200, "STALE_READ"));
    assert_eq!(answered.headers["retry-after"], "1");
    let mut newer = request(&owner, json!({ "query": LEAD, "variables": id }).to_string());
    newer.headers_mut().insert("x-consistency-token", token.parse().unwrap());
    newer.headers_mut().insert("accept", "application/graphql-response+json".parse().unwrap());
    let answered = world.send(newer).await;
    assert_eq!((answered.status, code(&answered)), (503, "STALE_READ"));
    // Without it, what is there will do; and what reads nothing has nothing to wait for.
    assert!(world.ask(&owner, LEAD, id).await.data()["lead"].is_null());
    let asked = Instant::now();
    let answered = world.ask_after(&owner, token, "{ __typename }", json!({})).await;
    assert_eq!(answered.data()["__typename"], "Query");
    assert!(asked.elapsed() < Duration::from_millis(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_held_back_is_named_as_such() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner, "Ada").await;
    let (id, token) = (json!({ "id": lead.id }), &lead.consistency_token);
    assert_eq!(world.ask_after(&owner, token, LEAD, id.clone()).await.data()["lead"]["version"], 1);
    let park = "insert into parked_event (org_id, projection, version, generation, shard, position, epoch, event_id, type, keys) \
        select org_id, 'leads', 1, 1, shard, position, epoch, id, type, array[stream_id] from event where stream_id = $1";
    sqlx::query(park).bind(lead.id.uuid()).execute(&mut world.db.connect_as_admin().await).await.unwrap();
    let answered = world.ask_after(&owner, token, LEAD, id.clone()).await;
    assert_eq!(code(&answered), "PROJECTION_PARKED");
    // What does not read it, or brings no token, is answered.
    assert_eq!(
        world.ask_after(&owner, token, "{ org { name } }", json!({})).await.data()["org"]["name"],
        "Bakery"
    );
    assert_eq!(world.ask(&owner, LEAD, id).await.data()["lead"]["version"], 1);
    // Another stream is not held back.
    let other = world.lead(&owner, "Ben").await;
    let answered = world.ask_after(&owner, &other.consistency_token, LEAD, json!({ "id": other.id })).await;
    assert_eq!(answered.data()["lead"]["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_is_refused() {
    let world = World::idle(impatient()).await;
    let owner = world.owner().await;
    let lead = world.lead(&owner, "Ada").await;
    let token = lead.consistency_token;
    for bad in ["x", "AAAA", &token[1..], &format!("{token}A")] {
        let answered = world.ask_after(&owner, bad, "{ org { name } }", json!({})).await;
        assert_eq!(code(&answered), "BAD_CONSISTENCY_TOKEN", "{bad}");
    }
}
