//! A shard's events on their way to the folds: read, decoded and opened, each while what comes before it is folded.

use std::ops::Range;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use xentri_ledger::{ScannedEvent, ScannedPart, Shard, ShardScan};

use super::super::RebuildError;
use super::super::control::Pace;
use super::Loading;
use super::open::Opener;
use super::threads::spawn_gently;
use crate::runtime::{Incoming, read_body};

/// Parts that wait for whoever takes them, a megabyte of bodies each; as many are being made and taken.
const AHEAD: usize = 1;

/// Events that follow each other, without those that nobody wants.
pub(super) struct Read {
    pub(super) events: Vec<Incoming>,
    /// How many came, and the last of their positions.
    pub(super) came: u64,
    pub(super) last: u64,
}

/// Ends with the value.
pub(super) struct Source {
    read: mpsc::Receiver<Result<Read, RebuildError>>,
    _working: JoinSet<()>,
}

/// Where events come from.
pub(super) struct Stretch {
    pub(super) shard: Shard,
    /// Positions.
    pub(super) range: Range<u64>,
    /// All where it names none.
    pub(super) streams: Vec<&'static str>,
    /// Of one statement.
    pub(super) page: u64,
}

impl Source {
    pub(super) fn start(loading: &Loading<'_>, stretch: Stretch) -> Self {
        let scan = ShardScan::of(loading.scans, stretch.shard, &stretch.streams);
        let (opener, pace) =
            (Opener::new(loading.databases, loading.keys, stretch.shard), loading.pace.clone());
        let (raw, parts) = mpsc::channel(AHEAD);
        let (sender, read) = mpsc::channel(AHEAD);
        let mut working = JoinSet::new();
        let (failed, shard, first) = (sender.clone(), stretch.shard, stretch.range.start);
        working.spawn(async move {
            if let Err(error) = scan_all(scan, &stretch, &pace, &raw).await {
                let _gone = failed.send(Err(error)).await;
            }
        });
        working.spawn(async move {
            if let Err(error) = decode_all(parts, shard, first, opener, &sender).await {
                let _gone = sender.send(Err(error)).await;
            }
        });
        Self { read, _working: working }
    }

    /// None at the end.
    pub(super) async fn next(&mut self) -> Option<Result<Read, RebuildError>> {
        self.read.recv().await
    }
}

async fn scan_all(
    scan: ShardScan,
    stretch: &Stretch,
    pace: &Pace,
    out: &mpsc::Sender<ScannedPart>,
) -> Result<(), RebuildError> {
    let (positions, end) = (pace.page(stretch.page), stretch.range.end);
    let mut from = stretch.range.start;
    while from < end {
        let to = from.saturating_add(positions).min(end);
        pace.turn(to - from).await;
        if !scan.page(from..to, out).await? {
            return Ok(());
        }
        from = to;
    }
    Ok(())
}

async fn decode_all(
    mut parts: mpsc::Receiver<ScannedPart>,
    shard: Shard,
    first: u64,
    mut opener: Opener,
    out: &mpsc::Sender<Result<Read, RebuildError>>,
) -> Result<(), RebuildError> {
    let mut expected = first;
    while let Some(part) = parts.recv().await {
        let decoded = spawn_gently(move || decode(&part, shard, expected)).await;
        let mut read =
            decoded.map_err(|_| RebuildError::Unreadable("decoding was given up".to_owned()))??;
        opener.open(&mut read.events).await?;
        expected = read.last + 1;
        if out.send(Ok(read)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn decode(part: &ScannedPart, shard: Shard, first: u64) -> Result<Read, RebuildError> {
    let mut read = Read { events: Vec::with_capacity(part.events()), came: 0, last: first - 1 };
    for scanned in part.iter(shard) {
        let scanned = scanned?;
        if scanned.position != read.last + 1 {
            return Err(RebuildError::Gap { shard, position: read.last });
        }
        read.came += 1;
        read.last = scanned.position;
        if let Some(body) = scanned.body {
            read.events.extend(event(&scanned, body)?);
        }
    }
    Ok(read)
}

/// As live batches have it, which end like this at what they can't read.
fn event(scanned: &ScannedEvent<'_>, body: &str) -> Result<Option<Incoming>, RebuildError> {
    let shard = scanned.shard;
    read_body(scanned, body)
        .map_err(|what| RebuildError::Unreadable(format!("the event of shard {shard} {what}")))
}
