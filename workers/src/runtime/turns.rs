//! Whose turn it is, where the shards of a process have more to do than the machine can do at once.
//!
//! A backlog has all of them write large batches. More of those at a time than there are cores only get in each other's way,
//! in memory and in Postgres; small ones, which somebody may be waiting for, go ahead at once.

use std::sync::LazyLock;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Events of a batch that waits for its turn.
const LARGE: usize = 256;

/// Of the process: one more than there are cores, for while Postgres works on one batch another can be folded.
static TURNS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(1 + std::thread::available_parallelism().map_or(1, usize::from)));

/// Lasts as long as the value. None for a batch that need not wait.
pub(super) async fn turn(events: usize) -> Option<SemaphorePermit<'static>> {
    if events < LARGE {
        return None;
    }
    // Never closed.
    TURNS.acquire().await.ok()
}
