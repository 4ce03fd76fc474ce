//! However events are cut into batches, and whatever comes twice, the rows are those of a fold from scratch.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;
use xentri_domain::kernel::OrgId;
use xentri_ledger::{Shard, StoredEvent, WorkerTx};
use xentri_projections::kit::{LedgerEvent, Projection, ReadModel, Row, Sum};
use xentri_projections::leads::{LeadRow, Leads, PipelineRow};
use xentri_projections::read_models;
use xentri_schemas::Reading;
use xentri_workers::feed::{FeedError, Place, TopicPlace};
use xentri_workers::runtime::{OpenFeed, RuntimeSettings};

use super::script::Script;
use super::support::{SHARD, World, place};
use super::tally::{TallyRow, counted, install, tallies};

/// One for each time that a feed is opened, the last first.
struct Scripts(Mutex<Vec<Script>>);

impl OpenFeed for Scripts {
    type Feed = Script;

    async fn open(&self, _: Shard, _: Place, _: Option<TopicPlace>) -> Result<Script, FeedError> {
        Ok(self.0.lock().unwrap().pop().expect("it is opened no more often"))
    }
}

/// Three orgs, whose leads live side by side; one of the people is forgotten.
async fn history(world: &World) -> Vec<StoredEvent> {
    let mut owners = Vec::new();
    for _ in 0..3 {
        owners.push(world.owner().await);
    }
    let mut leads = Vec::new();
    for n in 0..18 {
        let owner = &owners[n % 3];
        leads.push((owner, world.lead(owner).await));
        // Each is visited twice, while others come.
        let (owner, lead) = leads[n / 2];
        let steps = if n % 2 == 0 { 0..1 } else { 1..1 + n % 4 };
        world.steps(owner, lead, steps).await;
    }
    let (owner, lead) = leads[4];
    world.give(owner, Some(lead), "subject.forget", &serde_json::json!({})).await;
    world.lead(owner).await;
    world.events(0).await
}

async fn from_scratch(
    world: &World,
    events: &[StoredEvent],
) -> (BTreeMap<(OrgId, Uuid), LeadRow>, BTreeMap<(OrgId, Uuid), PipelineRow>) {
    let mut rows: BTreeMap<(OrgId, Uuid), LeadRow> = BTreeMap::new();
    let mut tx = WorkerTx::begin(world.ledger.databases(), SHARD, &[]).await.unwrap();
    for stored in events {
        let Reading::Event(mut envelope) = stored.decode().unwrap() else {
            panic!("{stored:?} is not known")
        };
        world.ledger.keys().open_shard_in_tx(&mut tx, SHARD, [&mut *envelope]).await.unwrap();
        let StoredEvent { shard, epoch, position, org_seq, recorded_at, .. } = *stored;
        let event = LedgerEvent { shard, epoch, position, org_seq, recorded_at, envelope };
        for id in Leads::keys(&event) {
            let row = Leads::fold(id, rows.remove(&(event.org(), id)), &event).unwrap();
            rows.extend(row.map(|row| ((event.org(), id), row)));
        }
    }
    let mut sums: BTreeMap<(OrgId, Uuid), PipelineRow> = BTreeMap::new();
    for sum in rows.values().flat_map(Leads::sums) {
        match sums.get_mut(&(sum.org_id(), sum.id())) {
            Some(all) => all.add(&sum, 1),
            None => drop(sums.insert((sum.org_id(), sum.id()), sum)),
        }
    }
    (rows, sums)
}

fn models() -> Vec<Arc<dyn ReadModel>> {
    let leads = read_models().into_iter().filter(|model| model.name() == Leads::NAME);
    leads.chain([tallies()]).collect()
}

/// Each case cuts the same history into other batches, and lets each begin before the end of the one before.
#[test]
fn rows_are_those_of_a_fold_from_scratch_in_any_batches_with_any_suffix_twice() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    let (events, expected) = runtime.block_on(async {
        install(&world).await;
        let events = history(&world).await;
        let expected = from_scratch(&world, &events).await;
        (events, expected)
    });
    let batches = prop::collection::vec((1..40_usize, 0..20_usize), 1..8);
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&(batches, 1..30_usize), |(steps, batch)| {
        runtime.block_on(async {
            world
                .execute(
                    "truncate read.leads_v1_g1, read.pipeline_v1_g1, read.tallies_v1_g1; \
                     delete from projection_checkpoint",
                )
                .await;
            let settings = RuntimeSettings { batch, ..RuntimeSettings::default() };
            let working = world.work_on(&models(), Script::new(&events, &steps), settings);
            let last = place(events.last().unwrap());
            let status = working.until_at("leads", last).await;
            working.until_at("tallies", last).await;
            drop(working);
            prop_assert_eq!((status.parked, status.retries), (0, 0));
            prop_assert_eq!(&world.rows::<LeadRow>(1, 1).await, &expected.0);
            prop_assert_eq!(&world.rows::<PipelineRow>(1, 1).await, &expected.1);
            prop_assert_eq!(world.rows::<TallyRow>(1, 1).await, counted(&events));
            Ok(())
        })
    });
    outcome.unwrap();
    runtime.block_on(async { drop(world) });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_place_in_the_topic_is_kept_with_the_checkpoint_for_the_feed_that_is_opened_next() {
    let world = World::new().await;
    let owner = world.owner().await;
    world.lead(&owner).await;
    let (events, head) = (world.events(0).await, world.head().await);
    let topic = Some(TopicPlace { topic_id: "a topic".to_owned(), next_offset: 42 });
    let script = Script::new(&events, &[(1, 0)]);
    script.batches.lock().unwrap().iter_mut().for_each(|batch| batch.topic.clone_from(&topic));
    let settings = RuntimeSettings::default();
    let models: Vec<_> = models().into_iter().take(1).collect();
    world.work_on(&models, script, settings).until_at("leads", head).await;

    let next = Script::new(&events, &[(1, 0)]);
    let mut opened = next.topic.subscribe();
    let _working = world.work_on(&models, next, settings);
    assert_eq!(*opened.wait_for(Option::is_some).await.unwrap(), topic);
}

/// The feed begins two events too late: a worker that took them would have passed over the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_does_not_go_on_from_the_checkpoint_changes_nothing() {
    let world = World::new().await;
    install(&world).await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    world.go_on(&owner, lead, 2).await;
    let events = world.events(0).await;
    let late = Script::new(&events, &[(2, 0)]);
    let skipped = late.batches.lock().unwrap().pop();
    assert_eq!(skipped.unwrap().after, Place::default());
    let whole = Script::new(&events, &[(events.len(), 0)]);
    let feeds = Scripts(Mutex::new(vec![whole, late]));
    let working = world.work_on(&[tallies()], feeds, RuntimeSettings::default());
    working.until_at("tallies", place(events.last().unwrap())).await;
    assert_eq!(world.rows::<TallyRow>(1, 1).await, counted(&events));
}
