//! How often somebody may come.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use xentri_domain::kernel::{Caller, OrgId, Principal};
use xentri_schemas::{ErrorKind, Problem, RateLimit};

use crate::config::Rate;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// After so many looks, those are forgotten who have all of their limit again. So what is kept is bounded by how many
/// can come meanwhile, and that is little.
const BETWEEN_SWEEPS: usize = 8192;

pub(super) type OrgLimits = Limits<OrgId>;

/// For each key a limit of its own, or none at all.
pub(super) struct Limits<K: Hash + Eq + Clone, C: Clock = DefaultClock> {
    limiter: Option<Limiter<K, C>>,
    looks: AtomicUsize,
}

struct Limiter<K: Hash + Eq + Clone, C: Clock> {
    limiter: RateLimiter<K, DashMapStateStore<K>, C, StateInformationMiddleware>,
    quota: Quota,
}

/// Whether one more is let through, and how much is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) rate: RateLimit,
    /// In seconds; None where it is let through.
    pub(super) wait: Option<u64>,
}

impl<K: Hash + Eq + Clone> Limits<K> {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        Self::on_clock(rate, DefaultClock::default())
    }
}

impl<K: Hash + Eq + Clone, C: Clock> Limits<K, C> {
    fn on_clock(rate: Option<Rate>, clock: C) -> Self {
        let limiter = rate.map(|rate| {
            let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
            let limiter = RateLimiter::dashmap_with_clock(quota, clock).with_middleware();
            Limiter { limiter, quota }
        });
        Self { limiter, looks: AtomicUsize::new(0) }
    }

    /// Counts one more. None where nothing is limited.
    pub(super) fn count(&self, key: &K) -> Option<Verdict> {
        let Limiter { limiter, quota } = self.limiter.as_ref()?;
        if self.looks.fetch_add(1, Ordering::Relaxed) % BETWEEN_SWEEPS == BETWEEN_SWEEPS - 1 {
            limiter.retain_recent();
        }
        let limit = quota.burst_size().get();
        Some(match limiter.check_key(key) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                Verdict {
                    rate: RateLimit { limit, remaining, reset: refill(quota, limit - remaining) },
                    wait: None,
                }
            }
            Err(until) => {
                let wait = until.wait_time_from(limiter.clock().now());
                let rate = RateLimit { limit, remaining: 0, reset: refill(quota, limit) };
                Verdict { rate, wait: Some(up(wait).max(1)) }
            }
        })
    }
}

impl Verdict {
    pub(super) fn refusal(self) -> Option<Problem> {
        let seconds = self.wait?;
        Some(Problem::new(ErrorKind::RATE_LIMITED).retry_after(seconds).rate(self.rate))
    }
}

/// Counts by the org that was verified, and tells on every answer how much of the limit is left.
pub(super) async fn limit_org(
    State(limits): State<Arc<OrgLimits>>,
    request: Request,
    next: Next,
) -> Response {
    // A service that acts in no org has none to count for.
    let org = request.extensions().get::<Caller>().and_then(Caller::principal).map(Principal::org);
    let Some(verdict) = org.and_then(|org| limits.count(&org)) else { return next.run(request).await };
    if let Some(refusal) = verdict.refusal() {
        return refusal.into_response();
    }
    let mut response = next.run(request).await;
    tell(response.headers_mut(), verdict.rate);
    response
}

fn tell(headers: &mut HeaderMap, rate: RateLimit) {
    headers.insert(LIMIT, rate.limit.into());
    headers.insert(REMAINING, rate.remaining.into());
    headers.insert(RESET, rate.reset.into());
}

/// In seconds, until that much is there again.
fn refill(quota: &Quota, used: u32) -> u64 {
    up(quota.replenish_interval().saturating_mul(used))
}

fn up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn limits(per_second: u32, burst: u32) -> (Limits<u8, FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let [per_second, burst] = [per_second, burst].map(|number| NonZeroU32::new(number).unwrap());
        (Limits::on_clock(Some(Rate { per_second, burst }), clock.clone()), clock)
    }

    #[test]
    fn a_limit_runs_out_for_one_and_comes_back_with_time() {
        let (limits, clock) = limits(10, 20);
        for left in (0..20).rev() {
            let verdict = limits.count(&1).unwrap();
            assert_eq!((verdict.rate.limit, verdict.rate.remaining, verdict.wait), (20, left, None));
        }
        let refused = limits.count(&1).unwrap();
        assert_eq!(refused, Verdict { rate: RateLimit { limit: 20, remaining: 0, reset: 2 }, wait: Some(1) });
        assert_eq!(limits.count(&2).unwrap().wait, None, "another one's limit is its own");
        clock.advance(Duration::from_millis(99));
        assert!(limits.count(&1).unwrap().refusal().is_some());
        clock.advance(Duration::from_millis(1));
        assert_eq!(limits.count(&1).unwrap().wait, None);
        clock.advance(Duration::from_secs(2));
        assert_eq!(limits.count(&1).unwrap().rate, RateLimit { limit: 20, remaining: 19, reset: 1 });
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        assert_eq!(Limits::<u8>::new(None).count(&1), None);
    }

    #[test]
    fn who_has_gone_is_forgotten() {
        let clock = FakeRelativeClock::default();
        let one = NonZeroU32::MIN;
        let limits: Limits<usize, _> =
            Limits::on_clock(Some(Rate { per_second: one, burst: one }), clock.clone());
        for key in 0..BETWEEN_SWEEPS - 1 {
            limits.count(&key);
        }
        let kept = || limits.limiter.as_ref().unwrap().limiter.len();
        assert_eq!(kept(), BETWEEN_SWEEPS - 1);
        clock.advance(Duration::from_secs(2));
        limits.count(&0);
        assert_eq!(kept(), 1);
    }
}
