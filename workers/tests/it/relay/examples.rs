//! The examples behind a relay and a ledger that take commands.

use serde_json::{Value, json};
use xentri_commands::{CommandRequest, Provenance};
use xentri_domain::kernel::{Area, Principal, Slug, StreamId};
use xentri_domain::registry::command_kinds;
use xentri_schemas::{command_name, read_command};

use super::support::World;
use crate::examples::{install, run, without_times};

pub(super) const EXPECTED: [&str; 5] = [
    "1 xentri.lead.created.v1 name=(sealed) source=\"form\"",
    "2 xentri.lead.contacted.v1 channel=\"email\"",
    "3 xentri.lead.qualified.v1 score=80 reason=\"wants bread\"",
    "4 xentri.lead.proposal_sent.v1 amount={\"amount\":90000,\"currency\":\"EUR\"} valid_until=\"2999-01-01\"",
    "5 xentri.deal.won.v1 amount={\"amount\":90000,\"currency\":\"EUR\"}",
];

async fn give(
    world: &World,
    owner: &Principal,
    lead: Option<StreamId>,
    name: &str,
    body: &Value,
) -> StreamId {
    let kind = command_kinds().find(|kind| command_name(kind) == name).unwrap();
    let command = read_command(kind, body.to_string().as_bytes()).unwrap();
    let provenance = Provenance::from_source(Slug::parse("test").unwrap());
    let request = CommandRequest { command, stream: lead, idempotency: None, if_match: None, provenance };
    world.dispatcher.dispatch(owner, request).await.unwrap().id
}

/// Of a lead, among others in its partition.
pub(super) async fn life(world: &World) -> StreamId {
    let owner = world.owner().await;
    let amount = json!({ "amount": 90_000, "currency": "EUR" });
    let lead = give(world, &owner, None, "lead.capture", &json!({ "name": "Ada", "source": "form" })).await;
    for (name, body) in [
        ("lead.log-contact", json!({ "channel": "email" })),
        ("lead.qualify", json!({ "score": 80, "reason": "wants bread" })),
        ("lead.send-proposal", json!({ "amount": amount, "valid_until": "2999-01-01" })),
        ("lead.win", json!({ "amount": amount })),
    ] {
        give(world, &owner, Some(lead), name, &body).await;
        // What is before and after it in the partition is of others.
        world.leads(std::slice::from_ref(&owner), 1).await;
    }
    lead
}

#[tokio::test(flavor = "multi_thread")]
async fn each_prints_what_a_relay_has_sent_of_a_life() {
    let world = World::new().await;
    world.fill(8, 2).await;
    let lead = life(&world).await;
    let relay = world.relay();
    relay.has_sent_everything().await;
    relay.stop().await;

    let topic = world.kafka.topics().context(Area::Sales);
    for example in install::examples() {
        let (lines, complaint, ended_well) = run(example, &topic, &lead.to_string()).await;
        assert!(ended_well, "{}: {complaint}", example.language);
        assert_eq!(without_times(&lines), EXPECTED);
    }
}
