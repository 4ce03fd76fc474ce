//! Stopping a server while it works.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::support::{Answer, Caller, Server, ada};
use crate::process::eventually;

const LONGEST: Duration = Duration::from_secs(20);

/// Writes until nobody answers any more: the events that were answered, and every other status.
async fn write(caller: Caller, count: Arc<AtomicUsize>) -> (Vec<Uuid>, Vec<(u16, String)>) {
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    while let Ok(answer) = Answer::try_to(caller.post("/sales/leads", &ada())).await {
        if answer.status == 201 {
            done.push(answer.done(201)["events"][0]["id"].as_str().unwrap().parse().unwrap());
            count.fetch_add(1, Ordering::Relaxed);
        } else {
            refused.push((answer.status, answer.body["code"].as_str().unwrap_or_default().to_owned()));
        }
    }
    (done, refused)
}

/// Sixteen clients write as fast as they can when the server is told to stop. Whatever it has answered is in the ledger,
/// nobody is told that their command was wrong, and it ends in time.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_answers_no_conflict_and_loses_nothing_that_was_answered() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::with(&[]).await;
        let owner = server.owner().await;
        let count = Arc::new(AtomicUsize::new(0));
        let writers: Vec<_> = (0..16).map(|_| tokio::spawn(write(owner.clone(), count.clone()))).collect();
        eventually("load", async || count.load(Ordering::Relaxed) > 100).await;
        let begin = Instant::now();
        server.signal(signal);
        assert!(server.end().success());
        assert!(begin.elapsed() < LONGEST, "{:?}", begin.elapsed());

        let there = server.events(&owner.org).await;
        for writer in writers {
            let (done, refused) = writer.await.unwrap();
            assert!(done.iter().all(|id| there.contains(id)));
            assert!(refused.iter().all(|(status, _)| [429, 503].contains(status)), "{refused:?}");
        }
    }
}

/// Its request is in the middle of the append when the stop comes: it is finished and answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_begun_is_answered_before_the_server_goes() {
    let mut server = Server::with(&[]).await;
    let owner = server.owner().await;
    let mut held = server.hold_the_ledger().await;
    let begun = tokio::spawn(Answer::to(owner.post("/sales/leads", &ada())));
    eventually("the append waits", async || held.is_waited_for().await).await;
    server.signal("TERM");
    eventually("it takes nobody any more", async || {
        reqwest::get(format!("{}/health", server.api)).await.is_err()
    })
    .await;
    held.let_go().await;
    begun.await.unwrap().done(201);
    assert!(server.end().success());
}
