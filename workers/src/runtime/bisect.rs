//! Which event it is that Postgres refuses the data of.

use std::ops::Range;

use super::events::Events;
use super::member::Member;
use super::open::Trouble;
use super::transaction::{Ledger, Outcome, Step};

impl Ledger {
    /// One member takes what of a batch is after its place. An event whose data Postgres refuses is parked.
    pub(super) async fn apply_to_one(
        &self,
        member: &mut Member,
        events: &mut Events,
    ) -> Result<Outcome, Trouble> {
        let all = events.first_after(member.place)..events.known.len();
        match self.apply_range(member, events, all.clone(), None).await {
            Err(error) if error.is_data() => self.bisect(member, events, all).await,
            other => other,
        }
    }

    /// In halves, each with its own transaction: those that can be taken are, and what is left is one event.
    async fn bisect(
        &self,
        member: &mut Member,
        events: &mut Events,
        all: Range<usize>,
    ) -> Result<Outcome, Trouble> {
        let mut ranges = vec![all];
        while let Some(range) = ranges.pop() {
            let outcome = match self.apply_range(member, events, range.clone(), None).await {
                Err(error) if error.is_data() && range.len() > 1 => {
                    let middle = range.start + range.len() / 2;
                    ranges.extend([middle..range.end, range.start..middle]);
                    continue;
                }
                Err(error) if error.is_data() => {
                    self.apply_range(member, events, range, Some(&error.to_string())).await?
                }
                other => other?,
            };
            if outcome == Outcome::Elsewhere {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Done)
    }

    async fn apply_range(
        &self,
        member: &mut Member,
        events: &mut Events,
        range: Range<usize>,
        refused: Option<&str>,
    ) -> Result<Outcome, Trouble> {
        let whole = range.end == events.known.len();
        // Half a batch leaves the topic where it was: what is read twice is dropped.
        let before = member.topic.clone();
        let topic = if whole { events.topic.clone() } else { before };
        let last = events.known.get(range.end.wrapping_sub(1)).filter(|_| !whole);
        let to = last.map_or(events.last, super::events::Incoming::place);
        let step = Step { to, topic: topic.as_ref(), refused };
        let Some(taken) = events.known.get_mut(range) else { return Ok(Outcome::Done) };
        self.apply(std::slice::from_mut(member), taken, step).await
    }
}
