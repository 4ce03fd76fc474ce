//! How much is held for those who listen: shapes, and the bytes of what they can't let go of. Counted for each org, so that none
//! takes the room of the others, and in all. Not here: the last events of a shape, which are let go of where room is short.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xentri_domain::kernel::OrgId;

use crate::graphql::error::ReadError;

/// The most of an org, and the most of all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) of_org: Share,
    pub(super) of_all: Share,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) shapes: usize,
    pub(super) bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            of_org: Share { shapes: 4096, bytes: 64 << 20 },
            of_all: Share { shapes: 16_384, bytes: 256 << 20 },
        }
    }
}

/// Whose limit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Short {
    Org(Share),
    All,
}

#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: Share,
    orgs: HashMap<OrgId, Share>,
}

/// What one shape holds; given back with the value, or before.
#[derive(Debug)]
pub(super) struct Held {
    of: Arc<Budget>,
    org: OrgId,
    /// What it is made of, whatever it shows.
    itself: usize,
    /// None once it is given back.
    bytes: Mutex<Option<usize>>,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, taken: Mutex::default() })
    }

    /// For one more shape, which is so large before it shows anything.
    pub(super) fn take(self: &Arc<Self>, org: OrgId, itself: usize) -> Result<Held, Short> {
        self.exchange(org, Share::default(), Share { shapes: 1, bytes: itself })?;
        Ok(Held { of: self.clone(), org, itself, bytes: Mutex::new(Some(itself)) })
    }

    #[cfg(test)]
    pub(super) fn taken(&self) -> (Share, usize) {
        let taken = locked(&self.taken);
        (taken.all, taken.orgs.len())
    }

    /// What becomes less always fits.
    fn exchange(&self, org: OrgId, before: Share, now: Share) -> Result<(), Short> {
        let mut taken = locked(&self.taken);
        let (all, of_org) = (taken.all, taken.orgs.get(&org).copied().unwrap_or_default());
        let (all, of_org) = (all.but(before, now), of_org.but(before, now));
        if now.bytes > before.bytes {
            if !of_org.is_within(self.limits.of_org) {
                return Err(Short::Org(self.limits.of_org));
            }
            if !all.is_within(self.limits.of_all) {
                return Err(Short::All);
            }
        }
        taken.all = all;
        if of_org.shapes == 0 {
            taken.orgs.remove(&org);
        } else {
            taken.orgs.insert(org, of_org);
        }
        Ok(())
    }
}

impl Held {
    pub(super) fn org(&self) -> OrgId {
        self.org
    }

    /// From now on it shows so much; where that does not fit, all stays as it was.
    pub(super) fn shows(&self, shown: usize) -> Result<(), Short> {
        let mut bytes = locked(&self.bytes);
        let Some(before) = *bytes else { return Ok(()) };
        let now = self.itself.saturating_add(shown);
        let share = |bytes| Share { shapes: 1, bytes };
        self.of.exchange(self.org, share(before), share(now))?;
        *bytes = Some(now);
        Ok(())
    }

    pub(super) fn give_back(&self) {
        if let Some(before) = locked(&self.bytes).take() {
            // It becomes less.
            let _ = self.of.exchange(self.org, Share { shapes: 1, bytes: before }, Share::default());
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Share {
    fn but(self, before: Self, now: Self) -> Self {
        Self {
            shapes: (self.shapes + now.shapes).saturating_sub(before.shapes),
            bytes: (self.bytes.saturating_add(now.bytes)).saturating_sub(before.bytes),
        }
    }

    fn is_within(self, limit: Self) -> bool {
        self.shapes <= limit.shapes && self.bytes <= limit.bytes
    }
}

impl From<Short> for ReadError {
    fn from(short: Short) -> Self {
        Self::Crowded(match short {
            Short::Org(Share { shapes, bytes }) => format!(
                "the org's subscriptions hold all they may, {shapes} different ones or {} MB: end some, or ask for fewer fields; \
                 those with the same text, variables and permissions count once",
                bytes >> 20
            ),
            Short::All => "this server holds all it can for subscriptions; try again later".to_owned(),
        })
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> (Arc<Budget>, [OrgId; 3]) {
        let limits =
            Limits { of_org: Share { shapes: 2, bytes: 100 }, of_all: Share { shapes: 5, bytes: 150 } };
        (Budget::new(limits), [1, 2, 3].map(|n| OrgId::v7(n, [1; 10])))
    }

    #[test]
    fn an_org_has_so_many_shapes_and_others_have_theirs() {
        let (budget, [one, other, _]) = budget();
        let first = budget.take(one, 10).unwrap();
        let _second = budget.take(one, 10).unwrap();
        assert!(matches!(budget.take(one, 10), Err(Short::Org(_))));
        let theirs = budget.take(other, 10).unwrap();
        drop(first);
        let _third = budget.take(one, 10).unwrap();
        drop(theirs);
        assert_eq!(
            budget.taken(),
            (Share { shapes: 2, bytes: 20 }, 1),
            "who holds nothing is not remembered"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_and_changes_nothing() {
        let (budget, [one, other, third]) = budget();
        let held = budget.take(one, 10).unwrap();
        held.shows(80).unwrap();
        assert!(matches!(held.shows(91), Err(Short::Org(_))));
        assert!(matches!(budget.take(one, 11), Err(Short::Org(_))));
        let theirs = budget.take(other, 10).unwrap();
        assert_eq!(theirs.shows(51), Err(Short::All));
        theirs.shows(50).unwrap();
        assert!(matches!(budget.take(third, 1), Err(Short::All)));
        held.shows(0).unwrap();
        assert_eq!(budget.taken().0, Share { shapes: 2, bytes: 70 });
        budget.take(third, 80).unwrap();
    }

    #[test]
    fn it_is_given_back_once() {
        let (budget, [one, ..]) = budget();
        let held = budget.take(one, 10).unwrap();
        let stays = budget.take(one, 7).unwrap();
        held.shows(20).unwrap();
        held.give_back();
        held.shows(50).unwrap();
        drop(held);
        assert_eq!(budget.taken().0, Share { shapes: 1, bytes: 7 });
        drop(stays);
        assert_eq!(budget.taken(), (Share::default(), 0));
    }
}
