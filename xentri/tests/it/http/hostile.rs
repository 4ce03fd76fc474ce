//! Bytes that no honest client sends: a proper answer or a closed connection, no panic, no hang, no growing memory. That
//! nothing was logged as an error is checked wherever a server ends.

use std::fmt::Write as _;
use std::time::Duration;

use super::support::raw::{Wire, status_and_code};
use super::support::{Answer, Caller, Server, ada};

/// A request whose headers are as given.
fn request(owner: &Caller, path: &str, headers: &str, body: &str) -> String {
    let token = owner.token();
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n{headers}\r\n{body}"
    )
}

fn chunks(count: usize) -> String {
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    chunk.repeat(count)
}

#[tokio::test]
async fn chunks_over_the_limit_are_413_even_while_they_are_still_coming() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    for headers in
        ["transfer-encoding: chunked\r\n", "transfer-encoding: Chunked\r\nexpect: 100-continue\r\n"]
    {
        let mut wire = Wire::to(&server.api);
        wire.send(request(&owner, "/api/v1/sales/leads", headers, &chunks(20)).as_bytes());
        // The client means to send more: that it reads the answer all the same is what counts.
        wire.send(chunks(20).as_bytes());
        wire.send(b"0\r\n\r\n");
        wire.done();
        let answer = String::from_utf8_lossy(&wire.rest()).replace("HTTP/1.1 100 Continue\r\n\r\n", "");
        assert_eq!(status_and_code(answer.as_bytes()), Some((413, "TOO_LARGE".to_owned())), "{headers}");
    }
}

#[tokio::test]
async fn a_length_over_the_limit_is_413_before_a_byte_of_it_came() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    for length in ["1048577", "18446744073709551615"] {
        let mut wire = Wire::to(&server.api);
        wire.send(
            request(&owner, "/api/v1/sales/leads", &format!("content-length: {length}\r\n"), "").as_bytes(),
        );
        wire.done();
        let answer = wire.rest();
        assert!(matches!(status_and_code(&answer), Some((413 | 431, _))), "{length}: {answer:?}");
    }
}

/// What two programs on the way may understand in two ways is understood in none, and what follows is no request.
#[tokio::test]
async fn garbage_ends_the_connection_and_is_never_taken_for_a_command() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let path = "/api/v1/sales/leads";
    let (length, smuggled) = (ada().to_string().len(), request(&owner, path, "content-length: 2\r\n", "{}"));
    let body = ada().to_string();
    let with = |headers: &str| request(&owner, path, headers, &body);
    let cases = [
        with(&format!("content-length: {length}\r\ncontent-length: 1\r\n")),
        with(&format!("content-length: +{length}\r\n")),
        with("content-length: -1\r\n"),
        with("content-length: 99999999999999999999999\r\n"),
        with("transfer-encoding: chunked, identity\r\n"),
        with("transfer-encoding: identity\r\n"),
        with(&format!("content-length : {length}\r\n")),
        with(&format!("x\0y: 1\r\ncontent-length: {length}\r\n")),
        with("transfer-encoding: chunked\r\n"),
        request(&owner, path, "transfer-encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"),
        request(&owner, path, "transfer-encoding: chunked\r\n", "ffffffffffffffffff\r\n{}\r\n"),
        request(&owner, path, "transfer-encoding: chunked\r\n", "2;x=\u{1}\r\n{}XX0\r\n\r\n"),
        format!("{}\r\n\r\n", "GET / HTTP/1.1\r\nhost: x\r\nx: y".replace("x: y", &"a".repeat(300_000))),
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "GET /\u{e9} HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\nhost: x\r\n\r\n".to_owned(),
        "\r\n\r\n\r\nGARBAGE\r\n\r\n".to_owned(),
    ];
    for case in cases {
        let mut wire = Wire::to(&server.api);
        wire.send(case.as_bytes());
        wire.send(smuggled.as_bytes());
        wire.done();
        let answer = String::from_utf8_lossy(&wire.rest()).into_owned();
        let head = case.chars().take(300).collect::<String>();
        assert!(!answer.contains("HTTP/1.1 5") && !answer.contains("HTTP/1.1 2"), "{head}: {answer}");
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{head}: {answer}");
    }
    assert_eq!(server.events(&owner.org).await.len(), 1, "the org's own");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_up_to_the_first_that_is_garbage() {
    let server = Server::shared().await;
    let mut wire = Wire::to(&server.api);
    let good = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
    let lost = "GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n";
    wire.send(format!("{good}{lost}{good}\u{1}\u{2} bad\r\n\r\n{good}").as_bytes());
    wire.done();
    let answer = String::from_utf8_lossy(&wire.rest()).into_owned();
    let statuses: Vec<_> =
        answer.match_indices("HTTP/1.1 ").map(|(at, _)| &answer[at + 9..at + 12]).collect();
    assert_eq!(statuses, ["200", "404", "200", "400"], "{answer}");
}

#[tokio::test]
async fn a_path_of_any_kind_leads_nowhere_or_is_refused() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    for path in [
        "/api/v1/sales/leads/../../core/orgs",
        "/api/v1/sales/leads/%2e%2e/%2e%2e/orgs",
        "//api/v1/sales/leads",
        "/api/v1/sales/leads%00",
        "/api/v1/sales/leads/%00/win",
        "/api/v1/sales/leads;a=b",
        "http://elsewhere/api/v1/sales/leads/x",
        "*",
    ] {
        let mut wire = Wire::to(&server.api);
        let headers = "content-length: 2\r\nconnection: close\r\n";
        wire.send(request(&owner, path, headers, "{}").as_bytes());
        let answer = wire.rest();
        assert!(matches!(status_and_code(&answer), Some((400 | 404 | 422, _))), "{path}: {answer:?}");
    }
    assert_eq!(server.events(&owner.org).await.len(), 1, "the org's own");
}

/// Thousands of requests of every bad kind, of which nothing may be kept.
#[tokio::test]
async fn memory_stays_flat_under_bad_requests() {
    // One of its own: others would be measured too.
    let server = Server::with(&[]).await;
    let owner = server.owner().await;
    let bad = bad_requests(&owner);
    storm(&server, &bad, 500);
    let before = server.memory();
    storm(&server, &bad, 2000);
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} KB more than {before} KB");
    Answer::to(owner.post("/sales/leads", &ada())).await.done(201);
}

fn bad_requests(owner: &Caller) -> Vec<String> {
    let path = "/api/v1/sales/leads";
    let mut bodies = vec![
        "{".to_owned(),
        "[".repeat(10_000),
        format!("{{\"name\": \"{}\"}}", "x".repeat(50_000)),
        format!("{{\"name\": {}}}", "9".repeat(1000)),
    ];
    let fields = (0..2000).fold(String::new(), |mut all, n| {
        let _ = write!(all, "\"f{n}\": {n}, ");
        all
    });
    bodies.push(format!("{{{fields}\"name\": 1}}"));
    let sized = |body: &String| request(owner, path, &format!("content-length: {}\r\n", body.len()), body);
    let mut all: Vec<_> = bodies.iter().map(sized).collect();
    all.push(request(owner, path, "transfer-encoding: chunked\r\n", "5\r\n{\"a\":\r\nzz\r\n"));
    all.push(request(owner, &format!("{path}/{}/win", "x".repeat(5000)), "content-length: 0\r\n", ""));
    all.push(request(owner, path, &format!("x: {}\r\n", "y".repeat(40_000)), ""));
    all.push(format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        "a.b.c".repeat(1000)
    ));
    // Each has a token of its own, which is no token.
    all.push(format!("POST {path} HTTP/1.1\r\nhost: x\r\ncookie: xentri_session=a.b.c\r\n\r\n"));
    all
}

/// So many connections, each with one bad request.
fn storm(server: &Server, bad: &[String], count: usize) {
    std::thread::scope(|scope| {
        for worker in 0..8 {
            scope.spawn(move || {
                for n in (worker..count).step_by(8) {
                    let mut wire = Wire::to(&server.api);
                    wire.send(bad[n % bad.len()].as_bytes());
                    wire.done();
                    let answer = wire.rest();
                    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{answer:?}");
                }
            });
        }
    });
}

#[tokio::test]
async fn a_client_that_goes_away_in_the_middle_harms_nobody() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let whole = request(&owner, "/api/v1/sales/leads", "content-length: 1000\r\n", &ada().to_string());
    for end in [1, 10, 30, whole.len() / 2, whole.len()] {
        let mut wire = Wire::to(&server.api);
        wire.send(&whole.as_bytes()[..end]);
        if end % 2 == 0 {
            assert!(wire.some(Duration::from_millis(20)).is_empty());
        }
        drop(wire);
    }
    Answer::to(owner.post("/sales/leads", &ada())).await.done(201);
    assert_eq!(server.events(&owner.org).await.len(), 2);
}
