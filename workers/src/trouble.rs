//! Failures that last: said once when they begin and once when they end, and tried again with growing pauses.

use std::fmt::Display;
use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(100);

pub(crate) struct Trouble {
    what: String,
    longest: Duration,
    pause: Duration,
    said: Option<String>,
}

impl Trouble {
    /// `what` cannot go on, as the log has it.
    pub(crate) fn with(what: impl Into<String>, longest: Duration) -> Self {
        Self { what: what.into(), longest, pause: SHORTEST, said: None }
    }

    /// Waits until it is worth another try.
    pub(crate) async fn pause(&mut self, error: &impl Display) {
        let error = error.to_string();
        if self.said.as_ref() != Some(&error) {
            tracing::warn!(error, "{} waits, and tries again until it can go on", self.what);
            self.said = Some(error);
        }
        self.quiet_pause().await;
    }

    /// The same where others have said it.
    pub(crate) async fn quiet_pause(&mut self) {
        // Those who failed together don't all come back at once.
        let pause = self.pause.mul_f64(rand::random_range(0.7..1.3));
        self.pause = (self.pause * 2).min(self.longest);
        tokio::time::sleep(pause).await;
    }

    pub(crate) fn over(&mut self) {
        self.pause = SHORTEST;
        if self.said.take().is_some() {
            tracing::info!("{} goes on", self.what);
        }
    }
}
