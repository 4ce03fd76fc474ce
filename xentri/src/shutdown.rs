//! When to stop: Ctrl-C or SIGTERM.

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Becomes true once; every part of the process waits on its own clone.
#[derive(Debug, Clone)]
pub(crate) struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// Listens from now on: a signal that comes while the process is still starting counts too.
    pub(crate) fn on_signal() -> anyhow::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt()).context("can't listen for Ctrl-C")?;
        let mut terminate = signal(SignalKind::terminate()).context("can't listen for SIGTERM")?;
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(async move {
            let name = tokio::select! {
                _ = interrupt.recv() => "SIGINT",
                _ = terminate.recv() => "SIGTERM",
            };
            tracing::info!(signal = name, "stopping");
            stop.send_replace(true);
            // Kept alive: a dropped sender would look like an error to those who wait.
            stop.closed().await;
        });
        Ok(Self(stopped))
    }

    /// By hand, for a test.
    #[cfg(test)]
    pub(crate) fn on_command() -> (watch::Sender<bool>, Self) {
        let (stop, stopped) = watch::channel(false);
        (stop, Self(stopped))
    }

    /// For parts that know nothing of this type.
    pub(crate) fn flag(&self) -> watch::Receiver<bool> {
        self.0.clone()
    }

    pub(crate) fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    pub(crate) async fn requested(&self) {
        // The sender outlives every receiver, so an error can't come.
        let _ = self.0.clone().wait_for(|stop| *stop).await;
    }
}
