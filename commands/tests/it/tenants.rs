//! Orgs that must not notice each other.

use serde_json::json;
use xentri_domain::kernel::StreamId;

use crate::support::{World, code, draft};

#[tokio::test]
async fn another_orgs_id_is_answered_like_one_that_nobody_has() {
    let world = World::new().await;
    let (owner, stranger) = (world.owner().await, world.owner().await);
    let lead = world.lead(&owner).await;
    let invoice = world.give(&owner, "invoice.draft", &draft()).await.unwrap().id;
    for (name, theirs, body) in [
        ("lead.log-contact", lead, json!({ "channel": "email" })),
        ("invoice.issue", invoice, json!({})),
        ("subject.forget", lead, json!({})),
        ("org.change-settings", owner.org().into(), json!({ "name": "Mine" })),
    ] {
        let nobody = StreamId::v7(7, [7; 10]);
        let (one, other) = (
            world.give_to(&stranger, theirs, name, &body).await,
            world.give_to(&stranger, nobody, name, &body).await,
        );
        assert_eq!((code(one), code(other)), ("not_found", "not_found"), "{name}");
    }
    // Even the same id names another thing in another org.
    let mut body = crate::support::ada();
    body["id"] = json!(lead);
    assert!(world.give(&stranger, "lead.capture", &body).await.unwrap().created);
}
