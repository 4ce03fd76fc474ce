//! Many streams at once.

use super::support::Stream;
use crate::http::support::Server;

const CLIENTS: usize = 500;
const EVENTS: u64 = 5;

/// All of one org: each is told of everything, and none of them costs much.
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_streams_are_told_of_everything_in_bounded_memory() {
    let server = Server::with(&[("XENTRI_RATE_LIMIT_STREAMS_PER_ORG", "0")]).await;
    let owner = server.owner().await;
    let before = server.memory();
    let mut streams = Vec::new();
    for _ in 0..CLIENTS {
        let mut stream = Stream::open(&owner, "", None).await;
        assert_eq!(stream.numbers(1).await, [1]);
        streams.push(stream);
    }
    for _ in 0..EVENTS {
        owner.lead().await;
    }
    for stream in &mut streams {
        let expected: Vec<u64> = (2..2 + EVENTS).collect();
        assert_eq!(stream.numbers(expected.len()).await, expected);
    }
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 200 << 10, "{grown} KB for {CLIENTS} streams");
}
