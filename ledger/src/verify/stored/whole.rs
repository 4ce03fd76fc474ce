//! The whole ledger: every shard of every database, side by side.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::error::{Findings, VerifyError};
use super::orgs::OrgsSeen;
use super::places;
use super::session::AuditSession;
use super::walk::{Stretch, narrow, walk};
use crate::database::{DatabaseError, Databases};
use crate::verify::book::CheckpointBook;
use crate::verify::finding::Finding;
use crate::verify::row::EventRow;
use crate::verify::shard::ShardCheck;

/// Shards read at once, each with a connection and a thread: more than there are cores. Events of all shards lie side
/// by side in the table, so shards at the same pace find each page in Postgres's memory, where one after the other
/// would fetch it again.
const AT_ONCE: usize = 16;
/// How often progress is told.
const TELL: Duration = Duration::from_millis(200);
/// Events that are counted together.
const COUNTED: u64 = 1024;

/// What was found to be as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerReport {
    pub events: u64,
    pub orgs: u64,
    /// Those that have events, in order.
    pub shards: Vec<ShardReport>,
    pub took: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardReport {
    pub shard: i32,
    /// Its last position.
    pub events: u64,
    pub orgs: u64,
    pub epoch: u64,
}

/// Of the events that were there when it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
}

impl LedgerReport {
    /// Events a second.
    #[allow(clippy::cast_precision_loss, reason = "counts of events are far below 2^52")]
    pub fn rate(&self) -> f64 {
        self.events as f64 / self.took.as_secs_f64().max(1e-9)
    }
}

/// Computes every chain again, up to the events that are there when it begins, and holds it against `book`; `progress`
/// is told some times a second. To stop it, drop it.
///
/// Takes connections of its own, 16 at most, and all the time that the machine has. Memory grows with the orgs, not
/// with the events.
pub async fn verify_ledger(
    databases: &Databases,
    book: &CheckpointBook,
    mut progress: impl FnMut(Progress),
) -> Result<LedgerReport, VerifyError> {
    let began = Instant::now();
    // Before the ends: an org that is active by then has its first event.
    let directory = places::directory(databases.first()).await?;
    let Ends { by_shard, mut findings } = ends(databases).await?;
    let checks = check_all(databases, book, &by_shard, &mut progress).await?;
    let seen = OrgsSeen::of(&checks);
    findings.extend(checks.values().filter_map(|(_, finding)| finding.clone()));
    findings.extend(seen.misplaced(databases, &directory).await?);
    findings.extend(seen.without_events(&directory, book));
    findings.extend(seen.missing(&directory, book));
    Findings::none_of(findings)?;
    let report = |(shard, (check, _)): (&i32, &Checked)| ShardReport {
        shard: *shard,
        events: check.events(),
        orgs: check.orgs().count() as u64,
        epoch: check.epoch(),
    };
    let shards: Vec<_> = checks.iter().map(report).collect();
    let (events, orgs) = (shards.iter().map(|s| s.events).sum(), shards.iter().map(|s| s.orgs).sum());
    Ok(LedgerReport { events, orgs, shards, took: began.elapsed() })
}

/// How far a shard fits, and what doesn't.
pub(super) type Checked = (ShardCheck, Option<Finding>);

struct Ends {
    /// The place of its database, and its last position.
    by_shard: BTreeMap<i32, (usize, i64)>,
    findings: Vec<Finding>,
}

async fn ends(databases: &Databases) -> Result<Ends, DatabaseError> {
    let mut ends = Ends { by_shard: BTreeMap::new(), findings: Vec::new() };
    for (place, database) in databases.all().iter().enumerate() {
        let mut session = AuditSession::of(database);
        for (shard, end) in places::ends(&mut session).await? {
            if database.shards.iter().any(|own| own.number() == shard) {
                ends.by_shard.insert(shard, (place, end));
            } else {
                ends.findings.extend(places::stray(&mut session, shard).await?);
            }
        }
    }
    Ok(ends)
}

/// Every shard, some at once.
async fn check_all(
    databases: &Databases,
    book: &CheckpointBook,
    ends: &BTreeMap<i32, (usize, i64)>,
    progress: &mut impl FnMut(Progress),
) -> Result<BTreeMap<i32, Checked>, DatabaseError> {
    let total = ends.values().map(|(_, end)| end.unsigned_abs()).sum();
    let done = Arc::new(AtomicU64::new(0));
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut checking = JoinSet::new();
    for (shard, (place, end)) in ends {
        let (shard, end) = (*shard, *end);
        let session = AuditSession::of(&databases.all()[*place]);
        let check = ShardCheck::new(shard, book.clone());
        let (turns, done) = (turns.clone(), done.clone());
        checking.spawn(async move {
            // Nobody closes it.
            let _turn = turns.acquire().await.ok();
            Ok((shard, check_shard(session, check, Stretch::shard_up_to(shard, end), done).await?))
        });
    }
    let mut checks = BTreeMap::new();
    let mut tell = interval(TELL);
    tell.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            _ = tell.tick() => progress(Progress { done: done.load(Ordering::Relaxed), total }),
            checked = checking.join_next() => match checked {
                Some(checked) => {
                    let checked: Result<_, DatabaseError> =
                        checked.unwrap_or_else(|error| resume_unwind(error.into_panic()));
                    checks.extend([checked?]);
                }
                None => break,
            },
        }
    }
    progress(Progress { done: checks.values().map(|(check, _): &Checked| check.events()).sum(), total });
    Ok(checks)
}

async fn check_shard(
    mut session: AuditSession,
    check: ShardCheck,
    stretch: Stretch,
    done: Arc<AtomicU64>,
) -> Result<Checked, DatabaseError> {
    let look = move |check: &mut ShardCheck, row: &EventRow<'_>| -> Result<(), Box<Finding>> {
        check.add(row)?;
        if check.events().is_multiple_of(COUNTED) {
            done.fetch_add(COUNTED, Ordering::Relaxed);
        }
        Ok(())
    };
    let (check, end) = walk(&mut session, stretch, check, look).await?;
    match end {
        Ok(()) => Ok((check, None)),
        Err(finding) => Ok((check, Some(narrow(&mut session, *finding).await?))),
    }
}
