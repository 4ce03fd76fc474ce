//! How many streams or sockets each org has open in this process: each is a connection, and no org may take those of the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use xentri_domain::kernel::OrgId;
use xentri_schemas::{ErrorKind, Problem, RateLimit};

/// In seconds; streams last long, so one that is refused had better not come back at once.
const TRY_AGAIN: u64 = 5;

/// Cheap to clone; clones count together.
#[derive(Debug, Clone)]
pub(crate) struct OpenPlaces(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    what: &'static str,
    /// None for any number.
    per_org: Option<usize>,
    open: Mutex<HashMap<OrgId, usize>>,
}

/// Given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    of: Arc<Inner>,
    org: OrgId,
}

impl OpenPlaces {
    /// 0 for any number.
    pub(crate) fn new(per_org: usize, what: &'static str) -> Self {
        let per_org = (per_org > 0).then_some(per_org);
        Self(Arc::new(Inner { what, per_org, open: Mutex::default() }))
    }

    pub(crate) fn take(&self, org: OrgId) -> Result<Place, Problem> {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_org = open.entry(org).or_default();
        if let Some(limit) = self.0.per_org.filter(|limit| *of_org >= *limit) {
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            let rate = RateLimit { limit, remaining: 0, reset: TRY_AGAIN };
            let problem = Problem::new(ErrorKind::RATE_LIMITED).retry_after(TRY_AGAIN).rate(rate);
            return Err(problem.detail(format!("the org has {limit} {} open already", self.0.what)));
        }
        *of_org += 1;
        Ok(Place { of: self.0.clone(), org })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.of.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_org) = open.get_mut(&self.org) {
            *of_org -= 1;
            if *of_org == 0 {
                open.remove(&self.org);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_stream_has_ended() {
        let [one, other] = [1, 2].map(|n| OrgId::v7(n, [1; 10]));
        let streams = OpenPlaces::new(2, "streams");
        let first = streams.take(one).unwrap();
        let _second = streams.take(one).unwrap();
        let refused = streams.take(one).unwrap_err();
        assert_eq!((refused.kind, refused.retry_after), (ErrorKind::RATE_LIMITED, Some(5)));
        let theirs = streams.take(other).unwrap();
        drop(first);
        assert!(streams.take(one).is_ok());
        drop(theirs);
        assert_eq!(streams.0.open.lock().unwrap().len(), 1, "who has none open is not remembered");
    }

    #[test]
    fn without_a_limit_there_is_always_a_place() {
        let (streams, org) = (OpenPlaces::new(0, "streams"), OrgId::v7(1, [1; 10]));
        let places: Vec<_> = (0..1000).map(|_| streams.take(org)).collect();
        assert!(places.iter().all(Result::is_ok));
    }
}
