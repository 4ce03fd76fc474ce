//! Clients that take what they are sent slowly, or not at all.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use super::support::{FEED, Stream};
use crate::http::support::{Caller, Server};
use crate::process::PATIENCE;

/// So many events that neither the server's nor the system's buffers take all of them.
const EVENTS: usize = 120;

/// Some 60 KB of text each.
async fn fill(owner: &Caller) {
    let site = owner.make("/brand/sites", &json!({ "name": "Bread", "slug": "bread" })).await;
    let text = "x".repeat(9900);
    let page = json!({ "site_id": site, "path": "/", "title": "Bread", "blocks": [] });
    let page = owner.make("/brand/pages", &page).await;
    for number in 0..EVENTS {
        // An event has what has changed.
        let block = |_| json!({ "type": "text", "text": format!("{number}{text}") });
        let change = json!({ "blocks": (0..6).map(block).collect::<Vec<_>>() });
        owner.give(&format!("/brand/pages/{page}/update"), &change).await.done(200);
    }
}

/// A client with little room: the system would lend it enough for everything.
async fn deaf(server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 << 10).unwrap();
    socket.connect(server.api.strip_prefix("http://").unwrap().parse().unwrap()).await.unwrap()
}

/// The ids of the events that came whole.
fn whole(received: &[u8]) -> Vec<u64> {
    let text = String::from_utf8_lossy(received);
    let (_, text) = text.split_once("\r\n\r\n").expect("the head of an answer");
    let messages = text.split("id: ").skip(1).filter(|message| message.contains("\n\n"));
    messages.map(|message| message.lines().next().unwrap().parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_closed_and_resumes_without_a_loss() {
    let server = Server::with(&[("XENTRI_HTTP_ANSWER_PAUSE", "500ms")]).await;
    let owner = server.owner().await;
    fill(&owner).await;
    let before = server.memory();
    let mut client = deaf(&server).await;
    let head = format!(
        "GET {FEED} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\naccept: text/event-stream\r\n\r\n",
        owner.token()
    );
    client.write_all(head.as_bytes()).await.unwrap();
    // Longer than a client may pause.
    sleep(Duration::from_millis(2500)).await;
    let grown = server.memory().saturating_sub(before);
    let mut received = Vec::new();
    // Closed in order or reset: either way it is over.
    let _ = timeout(PATIENCE, client.read_to_end(&mut received)).await.expect("it hangs");
    let seen = whole(&received);
    let last = *seen.last().expect("what was in the buffers");
    let head = u64::try_from(EVENTS).unwrap() + 5;
    assert!(last < head, "the client was to be closed before the end, and has {last} of {head}");
    assert!(grown < 16 << 10, "{grown} KB for a client that takes nothing");
    let mut resumed = Stream::open(&owner, "", Some(last)).await;
    let rest = resumed.numbers(usize::try_from(head - last).unwrap()).await;
    assert_eq!([seen, rest].concat(), (1..=head).collect::<Vec<_>>());
}
