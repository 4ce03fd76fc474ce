//! What happens behind the API: feeds, read models, jobs and reactors.

use xentri_ledger::Shard;
use xentri_workers::GivenStats;
use xentri_workers::feed::FeedStats;
use xentri_workers::reactors::Reactions;
use xentri_workers::runtime::{ModelState, RuntimeStatus};

use super::ShardHeads;
use super::catalogue::{self, Metric};
use super::page::{Page, Unit};

/// What the workers of a process show.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) status: RuntimeStatus,
    /// Of the read models, and of the reactors.
    pub(crate) feeds: [FeedStats; 2],
    pub(crate) reactions: Reactions,
}

const STATES: [&str; 3] = ["running", "alone", "halted"];

impl Work {
    pub(super) fn tell(&self, page: &mut Page, heads: &ShardHeads) {
        for (feed, stats) in ["models", "reactors"].iter().zip(&self.feeds) {
            tell_feed(page, feed, stats);
        }
        self.tell_models(page, heads);
        self.tell_counts(page);
        let metrics = [catalogue::REACTOR_RUNS, catalogue::REACTOR_COMMANDS];
        tell_given(page, metrics, &self.reactions.stats());
        for ((shard, name), place) in self.reactions.places().all() {
            let (lag, shard) = (head_of(heads, shard).saturating_sub(place.position), shard.to_string());
            page.put(catalogue::REACTOR_LAG, &[name, &shard], lag);
            page.put(catalogue::REACTOR_PLACE, &[name, &shard], place.position);
        }
    }

    fn tell_models(&self, page: &mut Page, heads: &ShardHeads) {
        for ((shard, id), model) in self.status.all() {
            // Asked for all the time, whatever keeps a read model from looking for itself.
            let head = head_of(heads, shard).max(model.head.position);
            let (version, generation) = (id.version.to_string(), id.generation.to_string());
            let shard = shard.to_string();
            let words = [id.projection.as_str(), &version, &generation, &shard];
            page.put(catalogue::LAG, &words, head.saturating_sub(model.place.position));
            page.put(catalogue::PLACE, &words, model.place.position);
            let now = match model.state {
                ModelState::Running => "running",
                ModelState::Alone => "alone",
                ModelState::Halted(_) => "halted",
            };
            for state in STATES {
                let [projection, version, generation, shard] = words;
                let words = [projection, version, generation, shard, state];
                page.put(catalogue::STATE, &words, u8::from(state == now));
            }
        }
    }

    fn tell_counts(&self, page: &mut Page) {
        let counts = self.status.counts();
        page.histogram(catalogue::FOLDED, &[], &counts.batches(), Unit::Number);
        for passed in counts.passed() {
            page.put(catalogue::PASSED, &[&passed.projection], passed.events);
            page.put(catalogue::PARKED, &[&passed.projection], passed.parked);
        }
        for (projection, trouble, count) in counts.retries() {
            page.put(catalogue::RETRIES, &[&projection, &trouble], count);
        }
    }
}

fn tell_feed(page: &mut Page, feed: &str, stats: &FeedStats) {
    let counts = stats.counts();
    page.put(catalogue::FEED_EVENTS, &[feed, "ledger"], counts.from_ledger);
    page.put(catalogue::FEED_EVENTS, &[feed, "topic"], counts.from_topic);
    page.put(catalogue::FEED_DUPLICATES, &[feed], counts.duplicates);
    page.put(catalogue::FEED_TAKEN_BACK, &[feed], counts.taken_back);
    page.put(catalogue::FEED_HOLES, &[feed], counts.holes);
    page.put(catalogue::FEED_BEHIND, &[feed], counts.lags);
    page.put(catalogue::FEED_OPENED, &[feed], counts.opened);
}

/// Runs, and commands by outcome.
pub(super) fn tell_given(page: &mut Page, [runs, commands]: [&'static Metric; 2], stats: &GivenStats) {
    for (name, count) in stats.runs() {
        page.put(runs, &[&name], count);
    }
    for (name, outcome, count) in stats.commands() {
        page.put(commands, &[&name, &outcome], count);
    }
}

fn head_of(heads: &ShardHeads, shard: Shard) -> u64 {
    heads.get(&shard).map_or(0, |head| head.borrow().position)
}

pub(super) fn tell_heads(page: &mut Page, heads: &ShardHeads) {
    for (shard, head) in heads {
        let head = head.borrow().position;
        page.put(catalogue::HEADS, &[&shard.to_string()], head);
    }
}
