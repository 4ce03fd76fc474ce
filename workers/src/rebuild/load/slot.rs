//! One job's part in a pass: what is folded, and what is held.

use std::collections::HashSet;

use xentri_domain::kernel::OrgId;
use xentri_projections::kit::{Build, KeyPart, LedgerEvent, Made, Took};

use super::super::RebuildError;
use super::super::book::Unit;
use super::super::job::Job;
use crate::runtime::{Incoming, Key, Parking};

/// More than these, and it is the fold that has to be mended, not the events.
const MOST_HELD: usize = 10_000;

pub(super) struct Slot {
    pub(super) job: Job,
    pub(super) unit: Unit,
    build: Box<dyn Build>,
    /// Parts that did not fit.
    pub(super) given: Vec<KeyPart>,
    held: Vec<Held>,
    pub(super) left_out: u64,
    /// Workers make what it was to make.
    pub(super) given_up: bool,
}

struct Held {
    event: LedgerEvent,
    keys: Vec<Key>,
    error: Option<String>,
}

impl Slot {
    pub(super) fn new(job: Job, unit: Unit) -> Self {
        let build = job.model.build(unit.part);
        Self { job, unit, build, given: Vec::new(), held: Vec::new(), left_out: 0, given_up: false }
    }

    pub(super) fn part(&self) -> KeyPart {
        self.build.part()
    }

    pub(super) fn bytes(&self) -> usize {
        self.build.bytes()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.build.is_ready()
    }

    pub(super) fn fold(&mut self, events: &[Incoming]) -> Result<(), RebuildError> {
        if self.given_up {
            return Ok(());
        }
        let streams = self.job.model.streams();
        let places = self.unit.position + 1..=self.unit.up_to.position;
        for incoming in events.iter().filter(|incoming| places.contains(&incoming.event.position)) {
            if streams.is_empty() || streams.contains(&incoming.event.payload().kind().stream_type) {
                self.take(incoming)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, incoming: &Incoming) -> Result<(), RebuildError> {
        let Incoming { event, fault } = incoming;
        if self.job.left_out.contains(&event.envelope.id.uuid()) {
            let first = self.keys(event).into_iter().next();
            self.left_out += u64::from(first.is_some_and(|(org, id)| self.unit.part.has(org, id)));
            return Ok(());
        }
        let error = match fault {
            Some(fault) if self.build.hold(event) => Some(fault.clone()),
            Some(_) => return Ok(()),
            None => match self.build.fold(event) {
                Took::Folded | Took::Passed => return Ok(()),
                Took::Held(error) => error.map(|error| error.to_string()),
            },
        };
        let keys = self.keys(event);
        self.held.push(Held { event: event.clone(), keys, error });
        self.not_too_many()
    }

    fn not_too_many(&self) -> Result<(), RebuildError> {
        if self.held.len() <= MOST_HELD {
            return Ok(());
        }
        let first = self.held.iter().find_map(|held| held.error.clone()).unwrap_or_default();
        Err(RebuildError::TooManyHeld { id: self.job.id.clone(), events: self.held.len(), first })
    }

    fn keys(&self, event: &LedgerEvent) -> Vec<Key> {
        self.job.model.keys(event).into_iter().map(|id| (event.org(), id)).collect()
    }

    /// Gives up half of its keys. None when it can't.
    pub(super) fn split(&mut self) -> Option<KeyPart> {
        let given = self.build.split()?;
        self.given.push(given);
        Some(given)
    }

    /// Whether an event is held that touches rows of this part and others too: whoever makes those can't know that it waits.
    pub(super) fn is_entangled(&self) -> bool {
        let part = self.part();
        self.held.iter().any(|held| {
            let ours = held.keys.iter().filter(|(org, id)| part.has(*org, *id)).count();
            ours > 0 && ours < held.keys.len()
        })
    }

    pub(super) fn made(&mut self) -> Box<dyn Made> {
        self.build.take()
    }

    /// Those that are held in this part; what touches rows that were given up is found again with them.
    pub(super) fn held(&self) -> Vec<Parking<'_>> {
        let part = self.part();
        let here = |held: &&Held| held.keys.iter().any(|(org, id)| part.has(*org, *id));
        let here = self.held.iter().filter(here);
        here.map(|held| Parking { event: &held.event, keys: held.keys.clone(), error: held.error.clone() })
            .collect()
    }

    pub(super) fn forget_held(&mut self) {
        self.held.clear();
    }
}

/// Whose events are parked.
pub(super) fn orgs(parked: &[Parking<'_>]) -> Vec<OrgId> {
    let orgs: HashSet<OrgId> = parked.iter().map(|parking| parking.event.org()).collect();
    orgs.into_iter().collect()
}
