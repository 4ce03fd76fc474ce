//! Where those orgs end that somebody listens to, asked for once for all streams and subscriptions of the process.
//!
//! An append tells nobody (a notification would take a lock of the whole cluster at commit), so each database is asked: often
//! while something happens, every 50 ms when nothing does, not at all while nobody listens. Orgs are looked at where their
//! shard has moved, and only who listens to an org that has moved is woken: others on the shard don't cost a read each.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use xentri_domain::kernel::OrgId;
use xentri_ledger::{
    DatabaseError, Databases, Home, RelayTx, Shard, ShardHead, org_heads_in_tx, shard_heads_in_tx,
};

const BUSY: Duration = Duration::from_millis(2);
const IDLE: Duration = Duration::from_millis(50);
const AWAY: Duration = Duration::from_secs(2);

/// Cheap to clone; the last clone ends the asking.
#[derive(Clone)]
pub struct OrgHeads(Arc<Inner>);

struct Inner {
    by_shard: HashMap<Shard, Arc<Listened>>,
    /// Ends with this.
    _asking: JoinSet<()>,
}

/// Of one database.
#[derive(Default)]
struct Listened {
    orgs: Mutex<BTreeMap<OrgId, (Home, watch::Sender<u64>)>>,
    begin: Notify,
}

impl OrgHeads {
    /// Must be called within a Tokio runtime. A database that is away keeps nobody from the others' heads.
    pub fn new(databases: &Databases) -> Self {
        let (mut by_shard, mut asking) = (HashMap::new(), JoinSet::new());
        for database in databases.shard_map().databases() {
            let Some(first) = database.shards.first() else { continue };
            let listened = Arc::<Listened>::default();
            by_shard.extend(database.shards.iter().map(|shard| (*shard, listened.clone())));
            asking.spawn(ask(databases.clone(), *first, listened));
        }
        Self(Arc::new(Inner { by_shard, _asking: asking }))
    }

    /// The number of the org's last event, as of some moments ago: 0 before the first answer. It never moves for a shard that
    /// no database has.
    pub(crate) fn of(&self, home: Home) -> watch::Receiver<u64> {
        let Some(listened) = self.0.by_shard.get(&home.shard()) else { return watch::channel(0).1 };
        let head = {
            let mut orgs = listened.orgs();
            let (_, head) = orgs.entry(home.org()).or_insert_with(|| (home, watch::Sender::default()));
            head.subscribe()
        };
        listened.begin.notify_one();
        head
    }
}

impl Listened {
    fn orgs(&self) -> MutexGuard<'_, BTreeMap<OrgId, (Home, watch::Sender<u64>)>> {
        self.orgs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that somebody listens to still, with what they were told.
    fn homes(&self) -> Vec<(Home, u64)> {
        let mut orgs = self.orgs();
        orgs.retain(|_, (_, head)| head.receiver_count() > 0);
        orgs.values().map(|(home, head)| (*home, *head.borrow())).collect()
    }

    fn tell(&self, heads: &BTreeMap<OrgId, u64>) {
        let orgs = self.orgs();
        for (org, head) in heads {
            if let Some((_, told)) = orgs.get(org) {
                told.send_if_modified(|known| std::mem::replace(known, *head) != *head);
            }
        }
    }
}

async fn ask(databases: Databases, first: Shard, listened: Arc<Listened>) {
    let mut shards = BTreeMap::new();
    let (mut pause, mut away) = (BUSY, false);
    loop {
        let homes = listened.homes();
        if homes.is_empty() {
            listened.begin.notified().await;
            continue;
        }
        match read(&databases, first, &homes, &mut shards).await {
            Ok(heads) => {
                away = false;
                listened.tell(&heads);
                pause = if heads.is_empty() { (pause * 2).min(IDLE) } else { BUSY };
            }
            Err(error) => {
                if !std::mem::replace(&mut away, true) {
                    tracing::warn!(%error, "event streams can't be told of what is new");
                }
                pause = (pause * 2).clamp(IDLE, AWAY);
            }
        }
        tokio::select! {
            () = sleep(pause) => {}
            () = listened.begin.notified() => {}
        }
    }
}

/// Where orgs end whose shard has moved, and those that were never told.
async fn read(
    databases: &Databases,
    first: Shard,
    homes: &[(Home, u64)],
    known: &mut BTreeMap<Shard, ShardHead>,
) -> Result<BTreeMap<OrgId, u64>, DatabaseError> {
    let mut shards: Vec<Shard> = homes.iter().map(|(home, _)| home.shard()).collect();
    shards.sort_unstable();
    shards.dedup();
    let mut tx = RelayTx::begin(databases, first).await?;
    // Before the orgs: what is appended in between moves the shard once more.
    let heads = shard_heads_in_tx(&mut tx, &shards).await?;
    let moved =
        |(home, told): &&(Home, u64)| *told == 0 || heads.get(&home.shard()) != known.get(&home.shard());
    let moved: Vec<Home> = homes.iter().filter(moved).map(|(home, _)| *home).collect();
    let found = if moved.is_empty() { BTreeMap::new() } else { org_heads_in_tx(&mut tx, &moved).await? };
    tx.commit().await?;
    *known = heads;
    Ok(found)
}
