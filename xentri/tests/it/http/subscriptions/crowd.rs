//! A thousand clients at once, cut off again and again while writers write.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::support::{Client, EVENTS, number};
use crate::http::support::{Answer, Caller, Server, ada};

const ORGS: usize = 50;
const CLIENTS_PER_ORG: usize = 20;
const COMMANDS_PER_SECOND: usize = 500;
const SECONDS: usize = 10;
const COMMANDS_PER_ORG: usize = COMMANDS_PER_SECOND * SECONDS / ORGS;
/// A client is cut off after about so many events.
const CUT_AFTER: usize = 30;
const MEGABYTES: u64 = 300;

fn have_files() {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, most.min(1 << 16), most).unwrap();
}

/// Sees the event numbers of its org up to `last`, on one connection after the other.
async fn read(owner: Caller, place: usize, last: u64, cuts: Arc<AtomicU64>) {
    let mut seen = 0;
    let mut patience = place % CUT_AFTER;
    while seen < last {
        let mut client = Client::open(&owner).await;
        client.subscribe("1", EVENTS, &json!({ "after": seen })).await;
        for _ in 0..=patience {
            let next = number(&client.data("1").await);
            assert_eq!(next, seen + 1, "client {place} of {}", owner.org);
            seen = next;
            if seen == last {
                break;
            }
        }
        patience = CUT_AFTER + place % 7;
        cuts.fetch_add(1, Ordering::Relaxed);
        // In the middle of whatever comes.
        drop(client);
    }
}

/// At its pace, or as fast as the machine takes it.
async fn write(owner: Caller) {
    let mut pace = interval(Duration::from_micros(1_000_000 * ORGS as u64 / COMMANDS_PER_SECOND as u64));
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for _ in 0..COMMANDS_PER_ORG {
        pace.tick().await;
        Answer::to(owner.post("/sales/leads", &ada())).await.done(201);
    }
}

/// Numbers have no gaps, so a client that sees one after the other up to the last has seen each once.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_clients_that_are_cut_off_lose_nothing_and_see_nothing_twice() {
    have_files();
    let server = Server::with(&[]).await;
    let mut owners = Vec::new();
    for _ in 0..ORGS {
        owners.push(server.owner().await);
    }
    let before = server.memory();
    let cuts = Arc::new(AtomicU64::new(0));
    let (mut readers, mut writers) = (JoinSet::new(), JoinSet::new());
    let last = 1 + COMMANDS_PER_ORG as u64;
    for owner in &owners {
        for place in 0..CLIENTS_PER_ORG {
            readers.spawn(read(owner.clone(), place, last, cuts.clone()));
        }
    }
    let begin = Instant::now();
    for owner in &owners {
        writers.spawn(write(owner.clone()));
    }
    while let Some(written) = writers.join_next().await {
        written.unwrap();
    }
    let wrote = begin.elapsed();
    while let Some(read) = readers.join_next().await {
        read.unwrap();
    }
    let grown = server.memory().saturating_sub(before) >> 10;
    let commands = ORGS * COMMANDS_PER_ORG;
    println!(
        "{} clients, {commands} commands in {wrote:?}, all read after {:?}, {} connections, {grown} MB more",
        ORGS * CLIENTS_PER_ORG,
        begin.elapsed(),
        cuts.load(Ordering::Relaxed)
    );
    assert!(grown < MEGABYTES, "{grown} MB more");
}

const ONE_ORG: usize = 1000;
const ROUNDS: u64 = 3;
const EVENTS_OF_A_ROUND: u64 = 10;

/// What they see alike is read and written once. Each round ends with all of them cut off at once, in the middle of the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_clients_of_one_org_come_back_all_at_once_and_go_on() {
    have_files();
    let server = Server::with(&[]).await;
    let owner = server.owner().await;
    let before = server.memory();
    let mut seen = 0;
    for _ in 0..ROUNDS {
        let mut readers = JoinSet::new();
        for _ in 0..ONE_ORG {
            let owner = owner.clone();
            readers.spawn(async move {
                let mut client = Client::open(&owner).await;
                client.subscribe("1", EVENTS, &json!({ "after": seen })).await;
                let expected: Vec<_> = (seen + 1..=seen + EVENTS_OF_A_ROUND).collect();
                let count = usize::try_from(EVENTS_OF_A_ROUND).unwrap();
                assert_eq!(client.numbers("1", count).await, expected);
            });
        }
        for _ in 0..EVENTS_OF_A_ROUND + 2 {
            owner.lead().await;
        }
        while let Some(read) = readers.join_next().await {
            read.unwrap();
        }
        seen += EVENTS_OF_A_ROUND;
    }
    let grown = server.memory().saturating_sub(before) >> 10;
    assert!(grown < MEGABYTES, "{grown} MB more");
}
