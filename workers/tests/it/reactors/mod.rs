//! What follows from single events.

mod parked;
mod stopped;
mod support;

use serde_json::json;

use self::support::{bill, react, react_with, reactions, scheduled, until_past, until_told};
use crate::runtime::support::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_issued_for_a_lead_schedules_the_leads_follow_up_once() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    bill(&world, &owner, Some(lead)).await;
    bill(&world, &owner, None).await;
    let issued = world.head().await;
    let reacting = react(&world);
    until_past(&world, issued).await;
    let events = scheduled(&world).await;
    let [event] = events.as_slice() else { panic!("{events:#?}") };
    assert_eq!(event["stream"]["id"], json!(lead));
    assert_eq!(event["actor"], json!({ "type": "job", "id": "invoice-follow-up" }));
    assert_eq!(event["meta"]["source"], "reactor");
    let cause = world.events(0).await.into_iter().find(|event| event.type_name == "xentri.invoice.issued.v1");
    assert_eq!(event["causation_id"], json!(cause.unwrap().id));

    // Without its checkpoint it reads everything again: the keys tell what was done.
    drop(reacting);
    world.execute("delete from projection_checkpoint where projection = 'invoice-follow-up'").await;
    let _reacting = react(&world);
    until_past(&world, world.head().await).await;
    assert_eq!(scheduled(&world).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_reactor_stands_is_told_only_while_it_is_at_work_here() {
    let world = World::new().await;
    let owner = world.owner().await;
    let reactions = reactions(&world);
    let reacting = react_with(&world, &reactions);
    until_told(&reactions, &[world.head().await]).await;
    world.lead(&owner).await;
    until_told(&reactions, &[world.head().await]).await;
    drop(reacting);
    until_told(&reactions, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lead_that_is_lost_is_followed_up_no_more_and_holds_back_nobody() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (lost, open) = (world.lead(&owner).await, world.lead(&owner).await);
    world.give(&owner, Some(lost), "lead.disqualify", &json!({ "reason": "wants no bread" })).await;
    bill(&world, &owner, Some(lost)).await;
    bill(&world, &owner, Some(open)).await;
    let issued = world.head().await;
    let _reacting = react(&world);
    until_past(&world, issued).await;
    let events = scheduled(&world).await;
    assert_eq!(events.iter().map(|event| event["stream"]["id"].clone()).collect::<Vec<_>>(), [json!(open)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_react_to_one_shard_do_everything_once() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (_one, _two) = (react(&world), react(&world));
    for _ in 0..10 {
        let lead = world.lead(&owner).await;
        bill(&world, &owner, Some(lead)).await;
    }
    until_past(&world, world.head().await).await;
    assert_eq!(scheduled(&world).await.len(), 10);
}

/// What concerns no reactor may be whatever it is: it is another's to complain of.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_concerns_no_reactor_is_not_even_read() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (broken, lead) = (world.lead(&owner).await, world.lead(&owner).await);
    let spoil = format!(
        "alter table event disable trigger all; update event set body = '{{}}' where stream_id = '{}'",
        broken.uuid()
    );
    world.execute(&spoil).await;
    bill(&world, &owner, Some(lead)).await;
    let issued = world.head().await;
    let _reacting = react(&world);
    until_past(&world, issued).await;
    assert_eq!(scheduled(&world).await.len(), 1);
}
