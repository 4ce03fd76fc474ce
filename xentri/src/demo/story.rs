//! What happens in one org: steps, each at its moment. Chance is a seed.

use serde_json::{Value, json};
use xentri_domain::kernel::{Date, StreamId, TimeZone, Timestamp};

use super::orgs::{DemoOrg, story_begins};

const MINUTE: i64 = 60_000_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// Who gives a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Owner,
    Member,
    System,
}

/// What is known only once the steps before are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    Nothing,
    /// The amount: so many hundredths of what is left to pay.
    Outstanding(i64),
    /// Which publishing it is that has completed.
    Publishing,
}

#[derive(Debug)]
pub(super) struct Step {
    pub(super) at: Timestamp,
    pub(super) who: Who,
    /// As in `lead.capture`.
    pub(super) command: &'static str,
    /// None for what begins a stream, or has one for the whole org.
    pub(super) stream: Option<StreamId>,
    pub(super) body: Value,
    pub(super) open: Open,
}

/// A story in the making.
pub(super) struct Story<'o> {
    pub(super) org: &'o DemoOrg,
    pub(super) zone: TimeZone,
    chance: u64,
    steps: Vec<Step>,
}

impl<'o> Story<'o> {
    pub(super) fn new(org: &'o DemoOrg, zone: TimeZone) -> Self {
        Self { org, zone, chance: org.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, steps: Vec::new() }
    }

    /// In order of time; what happens at the same moment in the order in which it was told.
    pub(super) fn told(self) -> Vec<Step> {
        let mut steps = self.steps;
        steps.sort_by_key(|step| step.at);
        steps
    }

    /// A number from 0 up to, and without, `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        usize::try_from(self.chance >> 33).unwrap_or_default() % end.max(1)
    }

    pub(super) fn between(&mut self, from: i64, to: i64) -> i64 {
        let width = usize::try_from(to - from).unwrap_or_default();
        from + i64::try_from(self.below(width)).unwrap_or_default()
    }

    /// So many times in a hundred.
    pub(super) fn happens(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn one_of<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let place = self.below(of.len());
        of.get(place).copied()
    }

    pub(super) fn id(&mut self) -> StreamId {
        let mut random = [0; 10];
        for byte in &mut random {
            *byte = u8::try_from(self.below(256)).unwrap_or_default();
        }
        StreamId::v7(story_begins(), random)
    }

    /// `micros` after the story has begun.
    pub(super) fn moment(micros: i64) -> Timestamp {
        let begin = i64::try_from(story_begins()).unwrap_or_default().saturating_mul(1000);
        Timestamp::from_micros(begin.saturating_add(micros)).unwrap_or(Timestamp::MAX)
    }

    /// The day so many days after that, where the org is.
    pub(super) fn day(&self, micros: i64, days: i32) -> anyhow::Result<Date> {
        Ok(self.zone.local_date(Self::moment(micros)).plus_days(days)?)
    }

    pub(super) fn money(&self, amount: i64) -> Value {
        json!({ "amount": amount, "currency": self.org.currency })
    }

    pub(super) fn happen(
        &mut self,
        micros: i64,
        who: Who,
        command: &'static str,
        stream: Option<StreamId>,
        body: Value,
    ) {
        self.happen_open(micros, who, command, stream, body, Open::Nothing);
    }

    pub(super) fn happen_open(
        &mut self,
        micros: i64,
        who: Who,
        command: &'static str,
        stream: Option<StreamId>,
        body: Value,
        open: Open,
    ) {
        self.steps.push(Step { at: Self::moment(micros), who, command, stream, body, open });
    }
}
