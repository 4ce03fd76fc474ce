//! What is counted for whoever watches: of events passed, tried again and parked.

use std::collections::BTreeMap;

use xentri_ledger::Reading;
use xentri_workers::parked::{ParkedCounts, ParkedTally};
use xentri_workers::runtime::PassedCount;

use super::fragile::{Poison, fragile, poison};
use super::support::{SHARD, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_counts_what_it_passes_and_parks_and_what_was_in_the_way() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    world.go_on(&owner, lead, 1).await;
    poison(world.events(0).await.last().unwrap().id, Poison::Data);
    world.steps(&owner, lead, 1..4).await;
    let working = world.work(&fragile());
    let head = world.head().await;
    working.until_at("leads", head).await;

    let counts = working.status.counts();
    // The call that can't be stored, and three steps behind it.
    let passed = PassedCount { projection: "leads".to_owned(), events: head.position, parked: 4 };
    assert_eq!(counts.passed(), [passed]);
    let retries: BTreeMap<_, _> =
        counts.retries().into_iter().map(|(_, kind, count)| (kind, count)).collect();
    assert!(retries["data"] > 0 && retries["database_away"] == 0, "{retries:?}");

    world.lead(&owner).await;
    working.until_at("leads", world.head().await).await;
    let Reading { count, sum, .. } = counts.batches();
    assert!(count >= 1 && sum >= 1, "{count} batches of {sum}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_that_another_process_leads_is_not_shown() {
    let world = World::new().await;
    world.owner().await;
    let working = world.work(&fragile());
    working.until_at("leads", world.head().await).await;
    let shown = working.status.show(SHARD);
    assert_eq!(working.status.all().len(), 1);
    drop(shown);
    assert_eq!(working.status.all().len(), 0);
}

/// Org, generation, position, event, correlation, error, age.
type Row<'a> = (u8, i32, i64, u8, Option<&'a str>, Option<&'a str>, &'a str);

async fn park(world: &World, projection: &str, rows: &[Row<'_>]) {
    let id = |number: u8| format!("00000000-0000-7000-8000-0000000000{number:02}");
    let text = |value: Option<&str>| value.map_or("null".to_owned(), |value| format!("'{value}'"));
    for (org, generation, position, event, correlation, error, age) in rows {
        world
            .execute(&format!(
                "insert into parked_event (org_id, projection, version, generation, shard, position, epoch, event_id, \
                   type, keys, correlation_id, error, parked_at) \
                 values ('{}', '{projection}', 1, {generation}, 0, {position}, 1, '{}', 'a.v1', '{{}}', {}, {}, \
                   now() - interval '{age}')",
                id(*org),
                id(*event),
                text(*correlation),
                text(*error)
            ))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parked_events_are_counted_once_each_and_those_that_belong_together_within_their_org() {
    let world = World::new().await;
    let databases = world.ledger.databases();
    assert_eq!(ParkedTally::read(databases).await.unwrap(), ParkedTally::default());

    let (together, broken) = (Some("an import"), Some("it does not fit"));
    let leads = [
        (1, 1, 10, 10, together, broken, "1 minute"),
        // The same event, in the generation beside the live one.
        (1, 2, 10, 10, together, broken, "1 minute"),
        (1, 1, 11, 11, together, broken, "2 hours"),
        (1, 1, 12, 12, together, None, "1 minute"),
        (2, 1, 13, 13, together, broken, "59 minutes"),
    ];
    park(&world, "leads", &leads).await;
    park(&world, "pages", &[(1, 1, 20, 20, None, broken, "1 day"), (1, 1, 21, 21, None, broken, "1 day")])
        .await;
    let discard = "insert into parked_discard (org_id, projection, event_id, reason, discarded_by) values \
        ('00000000-0000-7000-8000-000000000001', 'pages', '00000000-0000-7000-8000-000000000022', 'why', 'ada')";
    world.execute(discard).await;

    let tally = ParkedTally::read(databases).await.unwrap();
    let leads = ParkedCounts { failed: 3, failed_lately: 2, waiting: 1, discarded: 0 };
    let pages = ParkedCounts { failed: 2, failed_lately: 0, waiting: 0, discarded: 1 };
    assert_eq!(
        tally.by_projection,
        [("leads", leads), ("pages", pages)].map(|(of, counts)| (of.to_owned(), counts)).into()
    );
    assert_eq!(tally.same_correlation, 2);
}
