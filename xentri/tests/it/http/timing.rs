//! Whether something is another org's or nobody's can't be told by how long the answer takes either.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{Caller, Server};

const REQUESTS: usize = 200;

/// A round may be disturbed by whatever else the machine does; a real difference is there in every one.
const ROUNDS: usize = 4;

async fn time(caller: &Caller, path: &str, body: &Value) -> Duration {
    let begin = Instant::now();
    let answer = caller.give(path, body).await;
    let took = begin.elapsed();
    answer.problem(404, "NOT_FOUND");
    took
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Alternating, so that both kinds meet the same weather, and each id once: what was asked before may be answered faster.
async fn medians(stranger: &Caller, command: &str, body: &Value, theirs: &[String]) -> (Duration, Duration) {
    let (mut others, mut missing) = (Vec::new(), Vec::new());
    for (n, id) in theirs.iter().enumerate() {
        let nothing = Uuid::now_v7().to_string();
        let path = |id: &str| command.replace("{id}", id);
        // Each goes first half of the times.
        if n % 2 == 0 {
            others.push(time(stranger, &path(id), body).await);
            missing.push(time(stranger, &path(&nothing), body).await);
        } else {
            missing.push(time(stranger, &path(&nothing), body).await);
            others.push(time(stranger, &path(id), body).await);
        }
    }
    (median(others), median(missing))
}

#[tokio::test]
async fn anothers_id_takes_as_long_as_none() {
    let server = Server::with(&[]).await;
    let owner = server.owner().await;
    let leads = join_all((0..REQUESTS).map(|_| owner.lead())).await;
    let invoices = join_all((0..REQUESTS).map(|_| owner.invoice())).await;
    for (command, body, theirs) in [
        ("/sales/leads/{id}/add-note", json!({ "note": "hm" }), &leads),
        ("/finance/invoices/{id}/issue", json!({}), &invoices),
    ] {
        let mut seen = Vec::new();
        for _ in 0..ROUNDS {
            // New each time: nothing is remembered of what was asked before.
            let stranger = server.owner().await;
            let (others, missing) = medians(&stranger, command, &body, theirs).await;
            seen.push((others, missing));
            if others.abs_diff(missing) <= missing.max(others) / 10 {
                break;
            }
        }
        let (others, missing) = seen[seen.len() - 1];
        assert!(others.abs_diff(missing) <= missing.max(others) / 10, "{command}: {seen:?}");
    }
}
