//! Threads that give way to whatever else runs on the machine: a rebuild is in no hurry, commands and reads are.
//!
//! Not those that talk to databases: whoever holds a lock must not be made to wait. What they do comes to little, and they wait
//! for these.

use std::panic::resume_unwind;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinHandle, spawn_blocking};

/// About a tenth of what another thread gets where all have enough to do.
const GIVES_WAY: i32 = 10;

/// None where the system gives none.
static THREADS: LazyLock<Option<Runtime>> =
    LazyLock::new(|| Builder::new_current_thread().on_thread_start(give_way).build().ok());

/// Waits for it. Panics where it does.
pub(super) async fn gently<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    // Nothing aborts it.
    spawn_gently(work).await.unwrap_or_else(|error| resume_unwind(error.into_panic()))
}

pub(super) fn spawn_gently<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    match &*THREADS {
        Some(threads) => threads.spawn_blocking(work),
        None => spawn_blocking(work),
    }
}

fn give_way() {
    // Elsewhere it is not a thread that has a priority, but the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(GIVES_WAY) {
        tracing::debug!(%error, "a rebuild can't give way to others");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[tokio::test]
    async fn only_what_is_spawned_gives_way() {
        let ours = getpriority_process(None).unwrap();
        let priority = spawn_gently(|| getpriority_process(None).unwrap()).await.unwrap();
        assert_eq!(priority, (ours + GIVES_WAY).min(19));
        assert_eq!(getpriority_process(None).unwrap(), ours);
        assert_eq!(spawn_blocking(|| getpriority_process(None).unwrap()).await.unwrap(), ours);
    }
}
