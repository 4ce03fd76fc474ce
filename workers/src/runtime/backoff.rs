//! Waiting longer after every failure in a row.

use std::time::Duration;

use super::RuntimeSettings;

#[derive(Debug, Clone)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    pub(super) fn new(settings: &RuntimeSettings) -> Self {
        Self { first: settings.first_wait, longest: settings.longest_wait, failures: 0 }
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    pub(super) async fn wait(&mut self) {
        let wait = self.next();
        // Many workers fail together, and need not come back together.
        tokio::time::sleep(wait.mul_f64(rand::random_range(0.5..=1.0))).await;
    }

    fn next(&mut self) -> Duration {
        let wait = self.first.saturating_mul(2_u32.saturating_pow(self.failures)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_begin_again_after_a_success() {
        let mut backoff = Backoff::new(&RuntimeSettings::default());
        let waits: Vec<u128> = (0..9).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(waits, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        backoff.failures = u32::MAX;
        assert_eq!(backoff.next().as_millis(), 5000);
        backoff.succeeded();
        assert_eq!(backoff.next().as_millis(), 50);
    }
}
