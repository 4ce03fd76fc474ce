//! As server-sent events.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::timeout;

use super::support::Stream;
use crate::http::support::keys::{Key, but, claims, now};
use crate::http::support::{Answer, Server, ada};
use crate::process::{PATIENCE, eventually};

#[tokio::test]
async fn what_happens_comes_as_it_happens() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    owner.lead().await;
    let integrator = server.user(&owner.org, "integrator", "shop");
    let mut stream = Stream::open(&integrator, "", None).await;
    assert_eq!(stream.numbers(2).await, [1, 2]);
    for number in 3..6 {
        owner.lead().await;
        let (id, event) = stream.next().await.unwrap();
        assert_eq!((id, &event["type"]), (number, &json!("xentri.lead.created.v1")));
    }
    let mut later = Stream::open(&integrator, "?after=4", None).await;
    assert_eq!(later.numbers(1).await, [5]);
    let mut resumed = Stream::open(&integrator, "?after=0", Some(3)).await;
    assert_eq!(resumed.numbers(2).await, [4, 5]);
}

#[tokio::test]
async fn a_stream_of_some_types_has_no_others() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let mut stream =
        Stream::open(&owner, "?types=xentri.deal.lost.v1,xentri.lead.disqualified.v1", None).await;
    for number in [3, 5] {
        let lead = owner.lead().await;
        owner.give(&format!("/sales/leads/{lead}/disqualify"), &json!({ "reason": "spam" })).await.done(200);
        assert_eq!(stream.numbers(1).await, [number]);
    }
}

#[tokio::test]
async fn who_may_not_is_told_before_anything_is_sent() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    for (caller, query, last, status) in [
        (server.user(&owner.org, "member", "bob"), "", None, 403),
        (owner.clone(), "?after=2", None, 409),
        (owner.clone(), "", Some(7), 409),
        (owner.clone(), "?types=x", None, 422),
    ] {
        assert_eq!(Stream::try_open(&caller, query, last).await.status(), status, "{query} {last:?}");
    }
    let other = server.owner().await;
    other.lead().await;
    let mut stream = Stream::open(&owner, "", None).await;
    assert_eq!(stream.numbers(1).await, [1]);
    other.lead().await;
    owner.lead().await;
    let (id, event) = stream.next().await.unwrap();
    assert_eq!((id, &event["org_id"]), (2, &json!(owner.org)), "another org's event is not among them");
}

/// Four writers go on while a reader's connection is cut again and again, in the middle of whatever comes; it resumes with the
/// last id that it has seen. What it sees has no gap and nothing twice, because numbers have no gaps and a resumed stream
/// begins behind the one it is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_cut_off_again_and_again_misses_nothing_and_sees_nothing_twice() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (owner, stop) = (owner.clone(), stop.clone());
            tokio::spawn(async move {
                let mut written = 0;
                while !stop.load(Ordering::Relaxed) {
                    owner.lead().await;
                    written += 1;
                }
                written
            })
        })
        .collect();
    let mut seen = Vec::new();
    for round in 0..20 {
        let mut stream = Stream::open(&owner, "", seen.last().copied()).await;
        seen.extend(stream.numbers(1 + round % 7).await);
    }
    stop.store(true, Ordering::Relaxed);
    let mut written = 1;
    for writer in writers {
        written += writer.await.unwrap();
    }
    let mut stream = Stream::open(&owner, "", seen.last().copied()).await;
    seen.extend(stream.numbers(usize::try_from(written).unwrap() - seen.len()).await);
    assert_eq!(seen, (1..=written).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let server = Server::with(&[("XENTRI_AUTH_LEEWAY", "1s")]).await;
    let owner = server.owner().await;
    let short = but(claims(&owner.org, "integrator", "shop"), &json!({ "exp": now() + 2 }));
    let integrator = owner.with_token(Key::of_users().sign(&short));
    let mut stream = Stream::open(&integrator, "", None).await;
    assert_eq!(stream.numbers(1).await, [1]);
    assert!(stream.next().await.is_none());
    assert!(now() >= short["exp"].as_u64().unwrap(), "not before");
    assert_eq!(Stream::try_open(&integrator, "", Some(1)).await.status(), 401);
}

#[tokio::test]
async fn an_org_has_only_so_many_streams_open_and_others_have_theirs() {
    let server = Server::with(&[("XENTRI_RATE_LIMIT_STREAMS_PER_ORG", "2")]).await;
    let (owner, other) = (server.owner().await, server.owner().await);
    let first = Stream::open(&owner, "", None).await;
    let _second = Stream::open(&owner, "", None).await;
    let request = owner.request(reqwest::Method::GET, "/api/v1/events").header("accept", "text/event-stream");
    let refused = Answer::to(request).await;
    let problem = refused.problem(429, "RATE_LIMITED");
    assert_eq!((problem["limit"].as_u64(), problem["remaining"].as_u64()), (Some(2), Some(0)));
    assert_eq!(refused.header("retry-after"), Some("5"));
    Stream::open(&other, "", None).await;
    drop(first);
    eventually("the place is free again", async || Stream::try_open(&owner, "", None).await.status() == 200)
        .await;
}

/// One request at a time, and none for more than three seconds: an open stream is neither counted nor cut.
#[tokio::test]
async fn an_open_stream_is_no_request_that_hangs() {
    let server = Server::with(&[("XENTRI_HTTP_REQUESTS", "1"), ("XENTRI_HTTP_REQUEST_TIMEOUT", "3s")]).await;
    let owner = server.owner().await;
    let mut stream = Stream::open(&owner, "", None).await;
    assert_eq!(stream.numbers(1).await, [1]);
    let quiet = timeout(Duration::from_secs(4), stream.next()).await;
    assert!(quiet.is_err(), "nothing happened, and it was not ended");
    owner.lead().await;
    assert_eq!(stream.numbers(1).await, [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_when_the_server_is_stopped_and_resume_at_another() {
    let mut server = Server::with(&[]).await;
    let owner = server.owner().await;
    let another = server.another().await;
    let mut streams = Vec::new();
    for _ in 0..10 {
        let mut stream = Stream::open(&owner, "", None).await;
        assert_eq!(stream.numbers(1).await, [1]);
        streams.push(stream);
    }
    let begin = Instant::now();
    server.signal("TERM");
    for stream in &mut streams {
        assert!(stream.next().await.is_none());
    }
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "before what is still open is cut: {:?}",
        begin.elapsed()
    );
    assert!(server.end().success());
    let owner = owner.at(&another);
    let mut resumed = Stream::open(&owner, "", Some(1)).await;
    owner.lead().await;
    assert_eq!(resumed.numbers(1).await, [2]);
}

/// The process that serves the stream is another than the one that writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_hears_of_what_another_process_appends() {
    let server = Server::with(&[]).await;
    let owner = server.owner().await;
    let another = server.another().await;
    let mut stream = Stream::open(&owner.at(&another), "", None).await;
    assert_eq!(stream.numbers(1).await, [1]);
    let mut waits = BTreeSet::new();
    for number in 2..7 {
        let begin = Instant::now();
        Answer::to(owner.post("/sales/leads", &ada())).await.done(201);
        assert_eq!(stream.numbers(1).await, [number]);
        waits.insert(begin.elapsed());
    }
    assert!(waits.first().unwrap() < &PATIENCE);
}
