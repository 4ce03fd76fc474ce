//! What belongs together: everything that one command set off, as a tree of what led to what.

use std::collections::HashMap;

use serde::Serialize;
use uuid::Uuid;
use xentri_domain::kernel::{CorrelationId, EventId};
use xentri_ledger::{Databases, Home};

use super::mentions::mentions;
use super::{InquiryError, Told};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    pub correlation_id: CorrelationId,
    pub events: usize,
    pub commands: usize,
    /// Those that no event of these led to.
    pub acts: Vec<Act>,
    /// Where nothing belongs to that id, but it is the id of an event: what that one belongs to.
    pub belongs_to: Option<CorrelationId>,
}

/// What one command did, all of it at once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Act {
    /// In their order.
    pub events: Vec<Caused>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Caused {
    #[serde(flatten)]
    pub event: Told,
    /// What it led to.
    pub led_to: Vec<Act>,
}

impl Act {
    /// None for an act without events, which there is not.
    pub fn first(&self) -> Option<&Told> {
        self.events.first().map(|caused| &caused.event)
    }
}

/// Looks at every event of the org. What is personal stays sealed.
pub async fn trace(
    databases: &Databases,
    home: Home,
    correlation: CorrelationId,
) -> Result<Trace, InquiryError> {
    let (mut found, mut belongs_to): (Vec<Told>, _) = (Vec::new(), None);
    mentions(databases, home, correlation.uuid(), |events| {
        for event in events {
            let told = Told::of(&event, None)?;
            if told.correlates(correlation.uuid()) {
                found.push(told);
            } else if told.id.uuid() == correlation.uuid() {
                belongs_to = told.cause.correlation_id;
            }
        }
        Ok::<(), InquiryError>(())
    })
    .await?;
    let events = found.len();
    let acts = acts(found);
    let commands = acts.len();
    let belongs_to = belongs_to.filter(|_| events == 0);
    Ok(Trace { correlation_id: correlation, events, commands, acts: tree(acts), belongs_to })
}

/// Events of one command stand one after the other, were recorded in one moment and came about in the same way.
fn acts(found: Vec<Told>) -> Vec<Act> {
    let mut acts: Vec<Act> = Vec::new();
    for told in found {
        let caused = |event| Caused { event, led_to: Vec::new() };
        match acts.last_mut().filter(|act| act.events.last().is_some_and(|last| is_same_act(last, &told))) {
            Some(act) => act.events.push(caused(told)),
            None => acts.push(Act { events: vec![caused(told)] }),
        }
    }
    acts
}

fn is_same_act(last: &Caused, next: &Told) -> bool {
    let Told { org_seq, recorded_at, occurred_at, cause, .. } = &last.event;
    *org_seq + 1 == next.org_seq
        && (recorded_at, occurred_at, cause) == (&next.recorded_at, &next.occurred_at, &next.cause)
}

/// Puts each act below the event that led to it. An event leads to what comes after it only, whatever a client has said.
fn tree(acts: Vec<Act>) -> Vec<Act> {
    let mut place_of: HashMap<EventId, (usize, usize)> = HashMap::new();
    let mut below: Vec<Option<(usize, usize)>> = Vec::with_capacity(acts.len());
    for (act, Act { events }) in acts.iter().enumerate() {
        let cause = events.first().and_then(|first| first.event.cause.causation_id);
        below.push(cause.and_then(|cause| place_of.get(&cause).copied()));
        place_of.extend(events.iter().enumerate().map(|(place, caused)| (caused.event.id, (act, place))));
    }
    let mut acts: Vec<Option<Act>> = acts.into_iter().map(Some).collect();
    // From the last: whatever an act led to is complete before it is put away itself.
    for at in (0..acts.len()).rev() {
        let Some((act, place)) = below[at] else { continue };
        let led_to = acts[at].take();
        if let (Some(led_to), Some(cause)) = (led_to, acts[act].as_mut()) {
            cause.events[place].led_to.insert(0, led_to);
        }
    }
    acts.into_iter().flatten().collect()
}

impl Trace {
    /// The streams that it touched.
    pub fn streams(&self) -> usize {
        let mut streams = std::collections::BTreeSet::new();
        let mut ahead: Vec<&Act> = self.acts.iter().collect();
        while let Some(act) = ahead.pop() {
            for Caused { event, led_to } in &act.events {
                streams.insert((event.stream.stream_type.as_str(), Uuid::from(event.stream.id)));
                ahead.extend(led_to);
            }
        }
        streams.len()
    }
}

#[cfg(test)]
mod tests;
