//! The append, the states and the pools of connections.

use xentri_commands::Dispatcher;
use xentri_ledger::{Databases, Ledger};

use super::catalogue;
use super::page::{Page, Unit};

pub(super) async fn tell(page: &mut Page, ledger: &Ledger) {
    let appenders = ledger.appenders();
    let stats = appenders.stats();
    page.histogram(catalogue::BATCHES, &[], &appenders.batch_sizes(), Unit::Number);
    page.histogram(catalogue::CALLS, &[], &appenders.call_times(), Unit::Seconds);
    page.put(catalogue::QUEUE, &[], appenders.waiting());
    page.put(catalogue::APPENDERS, &[], u8::from(appenders.alive()));
    page.put(catalogue::VERDICTS, &["appended"], stats.appended);
    page.put(catalogue::VERDICTS, &["refused"], stats.refused);
    page.put(catalogue::CALLS_FAILED, &[], stats.failed);
    page.put(catalogue::HALVED, &[], stats.halved);
    let kept = ledger.states().stats().await;
    page.put(catalogue::STATE_READS, &[], kept.reads);
    page.put(catalogue::STATE_EVENTS, &[], kept.events);
    page.put(catalogue::STATE_MEMORY, &[], kept.bytes);
    let snapshots = ledger.snapshots().stats();
    for (outcome, count) in
        [("written", snapshots.written), ("dropped", snapshots.dropped), ("failed", snapshots.failed)]
    {
        page.put(catalogue::SNAPSHOTS, &[outcome], count);
    }
}

pub(super) fn tell_commands(page: &mut Page, dispatcher: &Dispatcher) {
    for count in dispatcher.outcomes().counts() {
        let words = [count.stream_type.as_str(), &count.command, &count.outcome];
        page.put(catalogue::COMMANDS, &words, count.commands);
    }
}

pub(super) fn tell_shards(page: &mut Page, databases: &Databases) {
    page.put(catalogue::SHARDS, &[], databases.shard_map().shards().len());
}

pub(super) fn tell_pool(page: &mut Page, pool: &str, databases: &Databases) {
    for (place, stats) in databases.pools().into_iter().enumerate() {
        // As they are listed, from 1.
        let words = [pool, &(place + 1).to_string()];
        page.put(catalogue::POOL_LIMIT, &words, stats.limit);
        page.put(catalogue::POOL_OPEN, &words, stats.open);
        page.put(catalogue::POOL_IN_USE, &words, stats.in_use);
        page.histogram(catalogue::POOL_WAIT, &words, &stats.waits, Unit::Seconds);
    }
}
