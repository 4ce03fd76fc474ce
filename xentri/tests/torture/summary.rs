//! What is told at the end.

use std::fmt::Write as _;
use std::time::Duration;

use crate::disturb::Kills;
use crate::judge::Proof;
use crate::load::Acknowledged;
use crate::progress::Lag;

pub(crate) struct Summary<'a> {
    pub(crate) seed: u64,
    pub(crate) kills: Kills,
    pub(crate) acknowledged: &'a Acknowledged,
    /// From the end of the load until all was level.
    pub(crate) settled: Duration,
    pub(crate) lag: Lag,
    pub(crate) took: Duration,
}

impl Summary<'_> {
    pub(crate) fn told(&self, proof: &Proof) -> String {
        let mut told = String::new();
        let mut line = |name: &str, what: String| writeln!(told, "{name:<22}{what}").unwrap();
        let kinds: Vec<_> =
            self.kills.by_kind.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let (total, pairs) = (self.kills.total(), self.kills.pairs);
        line("kills", format!("{total}: {}; {pairs} pairs at one moment", kinds.join(", ")));
        let Acknowledged { commands, retries, replayed, longest, .. } = self.acknowledged;
        let commands = commands.len();
        line(
            "acknowledged",
            format!("{commands} commands; {retries} requests sent again, {replayed} replayed"),
        );
        let Proof { events, orgs, by_reactors, rows, .. } = proof;
        line(
            "events",
            format!("{events}, of {orgs} orgs; {by_reactors} by reactors; {rows} rows of read models"),
        );
        let duplicates: Vec<_> =
            proof.duplicates.iter().map(|(topic, count)| format!("{topic} {count}")).collect();
        line("messages", format!("{}; duplicates: {}", proof.messages, duplicates.join(", ")));
        let seconds = |took: Duration| format!("{:.1} s", took.as_secs_f64());
        line("longest, to an answer", seconds(*longest));
        line("  to all read models", seconds(self.lag.read));
        line("  to all topics", seconds(self.lag.sent));
        line("  until it came back", seconds(self.kills.slowest_return));
        line("level after the load", seconds(self.settled));
        line("took", seconds(self.took));
        line("seed", self.seed.to_string());
        told
    }
}
