//! A command that fails for good is parked, and keeps nobody from the others; one that can't be given now is given later.

use std::time::Duration;

use serde_json::json;
use xentri_domain::kernel::{Principal, StreamId};
use xentri_projections::read_models;
use xentri_testkit::TestDb;
use xentri_workers::parked::{Discard, Parked, ParkedCounts, ParkedEvent, ParkedFilter, ParkedTally};
use xentri_workers::reactors::Reactions;

use super::support::{FOLLOW_UP, Reacting, bill, react, react_with, reactions, scheduled, until_past};
use crate::runtime::support::World;

/// From now on the ledger takes no follow-up of that lead, and counts how often it is asked.
async fn refuse(world: &World, lead: StreamId, sqlstate: &str) {
    world
        .execute(&format!(
            "create sequence tries;
             create function refuse() returns trigger language plpgsql security definer as $$ begin
               perform nextval('tries');
               raise exception 'no room' using errcode = '{sqlstate}';
             end $$;
             create trigger refuse before insert on event for each row
               when (new.type = 'xentri.followup.scheduled.v1' and new.stream_id = '{}') execute function refuse()",
            lead.uuid()
        ))
        .await;
}

async fn tries(world: &World) -> i64 {
    let query = "select case when is_called then last_value else 0 end from tries";
    sqlx::query_scalar(query).fetch_one(&mut world.admin().await).await.unwrap()
}

async fn allow(world: &World) {
    world.execute("drop trigger refuse on event").await;
}

/// Three invoices: two for a lead that takes no follow-up, with one for another between them.
struct Stuck {
    world: World,
    owner: Principal,
    lead: StreamId,
    other: StreamId,
    parked: Parked,
    reactions: Reactions,
    reacting: Reacting,
}

impl Stuck {
    async fn new() -> Self {
        let world = World::new().await;
        let owner = world.owner().await;
        let (lead, other) = (world.lead(&owner).await, world.lead(&owner).await);
        refuse(&world, lead, "P0001").await;
        for lead in [lead, other, lead] {
            bill(&world, &owner, Some(lead)).await;
        }
        let issued = world.head().await;
        let reactions = reactions(&world);
        let reacting = react_with(&world, &reactions);
        until_past(&world, issued).await;
        let parked = world.parked(&read_models()).with_reactions(reactions.clone());
        Self { world, owner, lead, other, parked, reactions, reacting }
    }

    async fn list(&self) -> Vec<ParkedEvent> {
        let filter = ParkedFilter { projection: Some(FOLLOW_UP.to_owned()), ..ParkedFilter::default() };
        self.parked.list(&filter, None, 100).await.unwrap().events
    }

    /// The events that caused what was scheduled for the lead.
    async fn causes(&self, lead: StreamId) -> Vec<String> {
        let all = scheduled(&self.world).await.into_iter();
        let of_lead = all.filter(|event| event["stream"]["id"] == json!(lead));
        of_lead.map(|event| event["causation_id"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reaction_that_fails_for_good_is_tried_three_times_and_parked_while_others_go_on() {
    let stuck = Stuck::new().await;
    assert_eq!(tries(&stuck.world).await, 3);
    let list = stuck.list().await;
    let [failed, waiting] = list.as_slice() else { panic!("{list:#?}") };
    assert!(failed.error.as_deref().unwrap().contains("its command fails"), "{failed:?}");
    assert_eq!(waiting.error, None);
    for parked in [failed, waiting] {
        assert_eq!((parked.org, parked.keys.as_slice()), (stuck.owner.org(), [stuck.lead.uuid()].as_slice()));
        assert_eq!(parked.type_name, "xentri.invoice.issued.v1");
    }
    assert_eq!(stuck.causes(stuck.other).await.len(), 1);
    assert_eq!(stuck.causes(stuck.lead).await.len(), 0);

    let of_each = ["done", "failed", "refused"].into_iter().zip([1, 3, 0]);
    let of_each = of_each.map(|(outcome, count)| (FOLLOW_UP.to_owned(), outcome.to_owned(), count));
    assert_eq!(stuck.reactions.stats().commands(), of_each.collect::<Vec<_>>());
    let tally = ParkedTally::read(stuck.world.ledger.databases()).await.unwrap();
    let counts = ParkedCounts { failed: 1, failed_lately: 1, waiting: 1, discarded: 0 };
    assert_eq!(tally.by_projection, [(FOLLOW_UP.to_owned(), counts)].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_reaction_is_given_by_a_retry_and_then_those_that_wait_behind_it() {
    let stuck = Stuck::new().await;
    let list = stuck.list().await;
    let too_early = stuck.parked.retry(&list[1].id).await.unwrap();
    assert_eq!((too_early.taken.len(), too_early.failed.len(), too_early.waiting), (0, 1, 1));
    assert_eq!(stuck.list().await.len(), 2);

    allow(&stuck.world).await;
    let retried = stuck.parked.retry_all(Some(FOLLOW_UP), |_| ()).await.unwrap();
    assert_eq!(retried.taken, [list[0].id.clone(), list[1].id.clone()]);
    let events: Vec<_> = list.iter().map(|parked| parked.event.to_string()).collect();
    assert_eq!(stuck.causes(stuck.lead).await, events);

    // The lead is free again.
    bill(&stuck.world, &stuck.owner, Some(stuck.lead)).await;
    until_past(&stuck.world, stuck.world.head().await).await;
    assert_eq!(stuck.list().await, []);
    assert_eq!(stuck.causes(stuck.lead).await.len(), 3);
}

/// The keys of the commands are asked for here: the process that retried died before it could note what it had done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reaction_that_was_given_but_is_still_parked_is_not_given_again() {
    let stuck = Stuck::new().await;
    allow(&stuck.world).await;
    stuck.world.execute("create table before as select * from parked_event").await;
    stuck.parked.retry_all(None, |_| ()).await.unwrap();
    stuck.world.execute("insert into parked_event select * from before").await;
    let again = stuck.parked.retry_all(None, |_| ()).await.unwrap();
    assert_eq!((again.taken.len(), stuck.list().await.len()), (2, 0));
    assert_eq!(stuck.causes(stuck.lead).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_discarded_reaction_is_not_given_even_when_everything_is_read_again() {
    let stuck = Stuck::new().await;
    let list = stuck.list().await;
    let discard = Discard { reason: "the lead was called by phone".to_owned(), by: "ada".to_owned() };
    let left = stuck.parked.discard(&list[0].id, &discard).await.unwrap();
    let failed: Vec<_> = left.failed.into_iter().map(|failed| failed.id).collect();
    assert_eq!(failed, [list[1].id.clone()], "it waits no more, and fails for itself");

    let Stuck { world, parked, lead, owner, reacting, .. } = stuck;
    drop(reacting);
    allow(&world).await;
    world.execute(&format!("delete from projection_checkpoint where projection = '{FOLLOW_UP}'")).await;
    bill(&world, &owner, Some(lead)).await;
    let _reacting = react(&world);
    until_past(&world, world.head().await).await;
    let kept = parked.list(&ParkedFilter::default(), None, 9).await.unwrap().events;
    let waits: Vec<_> = kept.iter().map(|parked| (parked.id.clone(), parked.error.is_none())).collect();
    assert_eq!((waits.len(), &waits[0], waits[1].1), (2, &(list[1].id.clone(), false), true));
    assert_eq!(parked.retry_all(None, |_| ()).await.unwrap().taken.len(), 2);
    assert_eq!(scheduled(&world).await.len(), 3, "of the four invoices one is left out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_time_can_mend_is_tried_for_ever_and_parks_nothing() {
    let db = TestDb::new().await;
    let world = World::on(&db.server_url(), &db.admin_url());
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    bill(&world, &owner, Some(lead)).await;
    let issued = world.head().await;
    // No memory, no connections, no disk: class 53 is of the server's making.
    refuse(&world, lead, "53000").await;
    let impatient = World::impatient(&db.server_url(), &db.admin_url());
    let _reacting = react(&impatient);
    let parked = world.parked(&read_models());
    let everything = ParkedFilter::default();
    // A command of its is tried five or six times before it is given up.
    while tries(&world).await < 30 {
        assert_eq!(parked.list(&everything, None, 9).await.unwrap().events, []);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    allow(&world).await;
    until_past(&world, issued).await;
    assert_eq!(parked.list(&everything, None, 9).await.unwrap().events, []);
    assert_eq!(scheduled(&world).await.len(), 1);
}
