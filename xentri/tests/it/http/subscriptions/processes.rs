//! The API alone, with the read models kept by another process.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use super::support::{Client, EVENTS, LEAD};
use crate::http::support::Server;
use crate::process::{MASTER_KEY, Running, xentri};

#[tokio::test(flavor = "multi_thread")]
async fn an_api_alone_tells_of_what_a_worker_elsewhere_has_taken_in() {
    let server = Server::alone().await;
    let mut work = xentri(["work"]);
    work.env("DATABASE_URL", server.database_url()).env("XENTRI_MASTER_KEY", MASTER_KEY);
    let worker = Running::detached(&mut work);
    let owner = server.owner().await;
    let mut client = Client::open(&owner).await;
    client.subscribe("events", EVENTS, &json!({ "after": 0 })).await;
    assert_eq!(client.numbers("events", 1).await, [1]);
    for seq in 2..6 {
        let lead = owner.lead().await;
        assert_eq!(client.numbers("events", 1).await, [seq]);
        client.subscribe(&lead, LEAD, &json!({ "id": lead })).await;
        assert_eq!(client.data(&lead).await["lead"]["version"], 1, "what was told can be read");
    }
    // Nothing is told before it can be read.
    worker.signal("TERM");
    assert!(worker.end().success());
    owner.lead().await;
    let early = timeout(Duration::from_millis(700), client.hear()).await;
    assert!(early.is_err(), "{early:?}");
    let _worker = Running::detached(&mut work);
    assert_eq!(client.numbers("events", 1).await, [6]);
}
