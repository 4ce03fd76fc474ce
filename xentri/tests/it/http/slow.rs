//! Clients that hold on: they are let go of, and nobody else waits for them.

use std::time::{Duration, Instant};

use super::support::raw::{Wire, status_and_code};
use super::support::{Answer, Caller, Server, ada};

const SHORT: [(&str, &str); 5] = [
    ("XENTRI_HTTP_HEAD_TIMEOUT", "400ms"),
    ("XENTRI_HTTP_BODY_PAUSE", "400ms"),
    ("XENTRI_HTTP_BODY_TIMEOUT", "1s"),
    ("XENTRI_HTTP_IDLE_TIMEOUT", "1s"),
    ("XENTRI_HTTP_ANSWER_PAUSE", "400ms"),
];

/// Longer than any of these, shorter than those that are set otherwise.
const SOON: Duration = Duration::from_secs(5);

fn head(owner: &Caller, length: &str) -> String {
    let token = owner.token();
    format!(
        "POST /api/v1/sales/leads HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\n{length}\r\n\r\n"
    )
}

/// Sends byte by byte until there is an answer, or nobody takes them any more.
fn drip(wire: &mut Wire, byte: &[u8]) -> Vec<u8> {
    let begin = Instant::now();
    while wire.send(byte) {
        assert!(begin.elapsed() < SOON, "nobody minds");
        let answer = wire.some(Duration::from_millis(50));
        if !answer.is_empty() {
            return answer;
        }
    }
    Vec::new()
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_cut_off() {
    let server = Server::with(&SHORT).await;
    let mut wire = Wire::to(&server.api);
    wire.send(b"GET /health HTTP/1.1\r\nx: ");
    assert!(drip(&mut wire, b"y").is_empty());
    // The second request of a connection is timed like the first.
    let mut wire = Wire::to(&server.api);
    wire.send(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(wire.some(Duration::from_millis(200)).starts_with(b"HTTP/1.1 200"));
    wire.send(b"GET /health HTTP/1.1\r\nx: ");
    assert!(drip(&mut wire, b"y").is_empty());
}

#[tokio::test]
async fn a_body_that_stops_or_only_drips_is_408() {
    let server = Server::with(&SHORT).await;
    let owner = server.owner().await;
    for (length, part) in [("content-length: 100", "{"), ("transfer-encoding: chunked", "1\r\n{\r\n")] {
        let mut wire = Wire::to(&server.api);
        wire.send(head(&owner, length).as_bytes());
        wire.send(part.as_bytes());
        let begin = Instant::now();
        let mut answer = Vec::new();
        while answer.is_empty() && begin.elapsed() < SOON {
            answer = wire.some(Duration::from_millis(50));
        }
        assert_eq!(status_and_code(&answer), Some((408, "REQUEST_TIMEOUT".to_owned())), "{length}");
    }
    // It always makes some progress, so the time of the whole ends it.
    let mut wire = Wire::to(&server.api);
    wire.send(head(&owner, "content-length: 100000").as_bytes());
    assert_eq!(status_and_code(&drip(&mut wire, b" ")), Some((408, "REQUEST_TIMEOUT".to_owned())));
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let server = Server::with(&SHORT).await;
    let mut wire = Wire::to(&server.api);
    wire.send(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    let begin = Instant::now();
    assert!(wire.rest().starts_with(b"HTTP/1.1 200"));
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
}

/// More slow bodies than requests may be worked on: they are no work yet.
#[tokio::test]
async fn bodies_that_never_end_keep_nobody_from_working() {
    let server = Server::with(&[("XENTRI_HTTP_REQUESTS", "2")]).await;
    let owner = server.owner().await;
    let mut slow: Vec<_> = (0..50).map(|_| Wire::to(&server.api)).collect();
    for wire in &mut slow {
        assert!(wire.send(head(&owner, "content-length: 100").as_bytes()) && wire.send(b"{"));
    }
    for _ in 0..5 {
        Answer::to(owner.post("/sales/leads", &ada())).await.done(201);
    }
}
