//! Order under attack: everything at once that could tear a hole into the numbers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;
use xentri_ledger::{AppendError, Home, Ledger, Outcome, Refusal, RelayTx, Shard};

use super::checks::assert_sound;
use super::child::Child;
use crate::support::{Lead, World, created, noted};

const WRITERS: usize = 32;
const SHARDS: u16 = 8;
/// The lock's timeout, and a little for a machine that does other things.
const LONGEST: Duration = Duration::from_secs(11);

/// 32 writers in two ledgers append to eight shards while calls are rolled back, sessions of appenders are killed, a
/// process is stopped with a shard's lock, a transaction idles and a reader keeps its snapshot. Each writer alone writes
/// to its streams and sends a command again until it is told that it is there. Numbers are counted under the shard's lock,
/// which a transaction holds until it is over: one that rolls back leaves none, and nobody commits a higher one before.
/// So a reader that follows a shard finds no gap at any moment, and in the end there is what was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn numbers_stay_gapless_and_in_commit_order() {
    let world = World::new().await;
    let other = world.another();
    let homes = homes(&world).await;
    let load = Arc::new(Load::default());
    let writers = (0..WRITERS).map(|n| {
        let ledger = if n % 2 == 0 { &world.ledger } else { &other.ledger }.clone();
        tokio::spawn(load.clone().write(ledger, homes[n % homes.len()]))
    });
    let writers: Vec<_> = writers.collect();
    let readers = (0..SHARDS).map(|n| tokio::spawn(load.clone().follow(world.ledger.clone(), Shard::new(n))));
    let readers: Vec<_> = readers.collect();
    let before = load.rate().await;

    let snapshot = Snapshot::take(&world).await;
    let mut idle = world.db.connect_as_server().await;
    idle.execute("begin; set local role xentri_app; select 1").await.unwrap();
    let end = Instant::now() + seconds();
    let (killed, rolled_back, _stopped) = tokio::join!(
        kill(world.db.connect_as_admin().await, end),
        roll_back(world.db.connect_as_server().await, &homes, end),
        stop_a_process(&world, homes[0]),
    );
    let after = load.rate_of_at_least(before / 2).await;
    snapshot.assert_unchanged().await;

    load.stop.store(true, Ordering::SeqCst);
    let mut told = BTreeMap::new();
    for writer in writers {
        told.extend(writer.await.unwrap());
    }
    load.over.store(true, Ordering::SeqCst);
    let mut read = 0;
    for reader in readers {
        read += reader.await.unwrap();
    }
    let mut admin = world.db.connect_as_admin().await;
    assert_sound(&mut admin).await;
    assert_eq!(read, count(&mut admin, "select count(*) from event").await, "read in order and recorded");
    let versions =
        "select stream_id::text, max(version) from event where stream_type = 'lead' group by stream_id";
    let versions: Vec<(String, i32)> = sqlx::query_as(versions).fetch_all(&mut admin).await.unwrap();
    assert!(told == versions.into_iter().collect(), "what is there is what was acknowledged");
    println!("{read} events; {before}/s before, {after}/s after; {killed} killed, {rolled_back} rolled back");
}

/// How long it goes on, and a snapshot is held: 5 s in every run, longer by `XENTRI_TEST_ATTACK_SECONDS`.
fn seconds() -> Duration {
    let seconds = std::env::var("XENTRI_TEST_ATTACK_SECONDS").map_or(5, |seconds| seconds.parse().unwrap());
    Duration::from_secs(seconds)
}

/// Three orgs on every shard.
async fn homes(world: &World) -> Vec<Home> {
    let mut homes = Vec::new();
    for n in 0..3 * SHARDS {
        homes.push(world.org_on(Shard::new(n % SHARDS)).await);
    }
    homes
}

#[derive(Default)]
struct Load {
    appended: AtomicUsize,
    /// For the writers.
    stop: AtomicBool,
    /// For the readers: whatever comes is there.
    over: AtomicBool,
}

impl Load {
    /// The leads that it has made, and the version that each was left at.
    async fn write(self: Arc<Self>, ledger: Ledger, home: Home) -> BTreeMap<String, i32> {
        let mut told = BTreeMap::new();
        while !self.stop.load(Ordering::SeqCst) {
            let lead = Lead::new(home);
            for version in 0..4 {
                let event = if version == 0 { created(&lead) } else { noted(&lead, version + 1) };
                append(&ledger, &lead, version, event).await;
                self.appended.fetch_add(1, Ordering::SeqCst);
            }
            told.insert(lead.id.to_string(), 4);
        }
        told
    }

    /// Reads a shard as it grows: every page must go on right behind the one before. Says how many it has read.
    async fn follow(self: Arc<Self>, ledger: Ledger, shard: Shard) -> i64 {
        let mut last = 0;
        loop {
            let over = self.over.load(Ordering::SeqCst);
            let mut tx = RelayTx::begin(ledger.databases(), shard).await.unwrap();
            let head = "select position from event where shard = $1 order by position desc limit 1";
            let head: Option<i64> =
                sqlx::query_scalar(head).bind(shard.number()).fetch_optional(tx.connection()).await.unwrap();
            assert!(head.unwrap_or(0) >= last, "shard {shard} had {last} and has {head:?}");
            let page =
                "select position from event where shard = $1 and position > $2 order by position limit 1000";
            let page: Vec<i64> = sqlx::query_scalar(page)
                .bind(shard.number())
                .bind(last)
                .fetch_all(tx.connection())
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let length = i64::try_from(page.len()).unwrap();
            assert!(page.into_iter().eq(last + 1..=last + length), "a gap behind {last} of shard {shard}");
            last += length;
            if length == 0 {
                if over {
                    return last;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Events a second.
    async fn rate(&self) -> usize {
        let (start, before) = (Instant::now(), self.appended.load(Ordering::SeqCst));
        tokio::time::sleep(Duration::from_secs(1)).await;
        let events = self.appended.load(Ordering::SeqCst) - before;
        (events as u128 * 1000 / start.elapsed().as_millis()) as usize
    }

    /// Tests beside this one may need the machine for a while; what an attack has broken stays broken.
    async fn rate_of_at_least(&self, least: usize) -> usize {
        let mut best = 0;
        for _ in 0..8 {
            best = best.max(self.rate().await);
            if best >= least {
                return best;
            }
        }
        panic!("at most {best}/s, which should have come back to {least}/s")
    }
}

/// Until it is told that the event is there.
async fn append(ledger: &Ledger, lead: &Lead, version: u32, event: xentri_ledger::EventRecord) {
    let mut unknown = false;
    loop {
        let chain = lead.chain(version, vec![event.clone()]);
        let start = Instant::now();
        let answer = ledger.appenders().append(chain).await;
        assert!(start.elapsed() < LONGEST, "waited {:?} for {answer:?}", start.elapsed());
        match answer {
            Ok(Outcome::Appended(_)) => return,
            // Nobody else writes here: it was this very event.
            Ok(Outcome::Refused(Refusal::Stale)) if unknown => return,
            Err(AppendError::Unknown(_)) => unknown = true,
            Err(AppendError::Unavailable(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// A reader's snapshot.
struct Snapshot {
    reader: PgConnection,
    events: i64,
}

impl Snapshot {
    async fn take(world: &World) -> Self {
        let mut reader = world.db.connect_as_server().await;
        let begin = "begin isolation level repeatable read read only; set local role xentri_auditor";
        reader.execute(begin).await.unwrap();
        let events = count(&mut reader, "select count(*) from event").await;
        Self { reader, events }
    }

    async fn assert_unchanged(mut self) {
        assert_eq!(count(&mut self.reader, "select count(*) from event").await, self.events);
    }
}

async fn count(connection: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(connection).await.unwrap()
}

/// Kills a session of some appender again and again, but leaves them time to notice the stopped process.
async fn kill(mut admin: PgConnection, end: Instant) -> i64 {
    let kill = "select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity \
                where application_name = 'xentri append' and datname = current_database() order by random() limit 1) a";
    let mut killed = 0;
    while Instant::now() < end {
        killed += count(&mut admin, kill).await;
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    killed
}

/// Calls the append in transactions that are rolled back, after a round trip with the lock held.
async fn roll_back(mut server: PgConnection, homes: &[Home], end: Instant) -> usize {
    let mut rolled_back = 0;
    while Instant::now() < end {
        let home = homes[rolled_back % homes.len()];
        let call = format!(
            "begin; set local role xentri_app; \
             select * from app.append(o_id => '{{{org}}}', o_shard => '{{{shard}}}', h_org => '{{1}}', \
               s_chain => '{{1}}', s_type => '{{lead}}', s_id => '{{{stream}}}', s_version => '{{0}}', \
               c_chain => '{{1}}', c_actor => '{{user:ada}}', c_key => '{{null}}', c_mac => '{{null}}', c_answer => '{{null}}', \
               e_command => '{{1}}', e_stream => '{{1}}', e_id => '{{{stream}}}', e_type => '{{t}}', e_body => '{{b}}', \
               e_digest => array[sha256('b')], n_chain => '{{}}', n_wrapped => '{{}}', n_master_key => '{{}}', \
               k_chain => '{{}}', k_subject => '{{}}', k_wrapped => '{{}}', k_stream => '{{}}', d_chain => '{{}}', d_subject => '{{}}', \
               d_stream => '{{}}', f_chain => '{{}}', f_subject => '{{}}', f_streams => '{{}}')",
            org = home.org(),
            shard = home.shard(),
            stream = Uuid::now_v7(),
        );
        let called = server.execute(AssertSqlSafe(call)).await;
        server.execute("rollback").await.unwrap();
        if let Err(error) = called {
            // Its turn did not come.
            assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("55P03"), "{error}");
        } else {
            rolled_back += 1;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    rolled_back
}

/// A process that is stopped while it holds a shard's lock.
async fn stop_a_process(world: &World, home: Home) -> Child {
    let child = Child::start(&["hold", &world.db.server_url(), &home.shard().number().to_string()]).await;
    child.stop();
    child
}
