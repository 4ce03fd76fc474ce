//! Ends sessions that hold a shard's lock and wait for their client.
//!
//! A client that stops after a call's last message but one leaves its backend holding the lock, active and waiting
//! for the rest; one that takes the lock by hand and goes away does the same. No timeout of Postgres covers the first.

use std::time::Duration;

use crate::database::{Database, DatabaseError};

/// After that, somebody may be holding a lock without working.
const SUSPICION: Duration = Duration::from_secs(1);

/// `classid` is the first number of the locks that the append takes; `objsubid` 2 says that there were two. A session
/// may end others of its own login, which needs no role.
const END: &str = "select count(pg_terminate_backend(a.pid)) \
     from pg_stat_activity a \
     where a.datname = current_database() and a.pid <> pg_backend_pid() \
       and a.usename = session_user and a.wait_event_type = 'Client' and a.state_change < now() - interval '2 seconds' \
       and exists (select from pg_locks l where l.pid = a.pid and l.granted and l.locktype = 'advisory' \
                   and l.classid = 1480937044 and l.objsubid = 2)";

/// Looks for stuck holders of locks while a call takes suspiciously long; the call's answer never waits for the look.
pub(super) async fn watched<T>(call: impl Future<Output = T>, database: &Database) -> T {
    tokio::select! {
        biased;
        answer = call => answer,
        answer = watch(database) => answer,
    }
}

/// Never answers.
async fn watch<T>(database: &Database) -> T {
    loop {
        tokio::time::sleep(SUSPICION).await;
        end_stuck_holders(database).await;
    }
}

/// Best effort: whoever waits for the lock goes on waiting, and looks again.
async fn end_stuck_holders(database: &Database) {
    match sqlx::query_scalar::<_, i64>(END).fetch_one(database.sessions()).await {
        Ok(0) => {}
        Ok(ended) => tracing::warn!(ended, "ended sessions that held a shard's lock without working"),
        Err(error) => {
            let error = DatabaseError::from(error);
            tracing::warn!(%error, "can't look for sessions that hold a shard's lock");
        }
    }
}
