//! Reading the feed as its clients do.

use reqwest::{Method, Response};
use serde_json::Value;
use tokio::time::timeout;

use crate::http::support::{Answer, Caller};
use crate::process::PATIENCE;

pub(super) const FEED: &str = "/api/v1/events";

/// A page, or a problem.
pub(super) async fn page(caller: &Caller, query: &str) -> Answer {
    Answer::to(caller.request(Method::GET, &format!("{FEED}{query}"))).await
}

/// The numbers of a page's events, and where to go on.
#[track_caller]
pub(super) fn numbers(page: &Answer) -> (Vec<u64>, u64) {
    assert_eq!(page.status, 200, "{}", page.body);
    let numbers = page.body["data"].as_array().unwrap().iter().map(number).collect();
    (numbers, page.body["next_after"].as_u64().unwrap())
}

pub(super) fn number(event: &Value) -> u64 {
    event["ledger"]["org_seq"].as_u64().unwrap()
}

/// Everything there is, page by page, as text.
pub(super) async fn all(caller: &Caller) -> Vec<Value> {
    let (mut events, mut after) = (Vec::new(), 0);
    loop {
        let page = page(caller, &format!("?limit=1000&after={after}")).await;
        let (found, next) = numbers(&page);
        if found.is_empty() {
            return events;
        }
        events.extend(page.body["data"].as_array().unwrap().iter().cloned());
        after = next;
    }
}

/// An open stream.
pub(super) struct Stream {
    answer: Response,
    bytes: Vec<u8>,
}

impl Stream {
    pub(super) async fn try_open(caller: &Caller, query: &str, last: Option<u64>) -> Response {
        let request = caller.request(Method::GET, &format!("{FEED}{query}"));
        let request = request.header("accept", "text/event-stream");
        let request =
            last.into_iter().fold(request, |request, id| request.header("last-event-id", id.to_string()));
        request.send().await.unwrap()
    }

    pub(super) async fn open(caller: &Caller, query: &str, last: Option<u64>) -> Self {
        let answer = Self::try_open(caller, query, last).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert!(!answer.headers().contains_key("content-encoding"));
        Self { answer, bytes: Vec::new() }
    }

    /// The next event and its id; None at the end. Fails where nothing comes for long.
    pub(super) async fn next(&mut self) -> Option<(u64, Value)> {
        loop {
            while let Some(end) = self.bytes.windows(2).position(|pair| pair == b"\n\n") {
                let message: Vec<u8> = self.bytes.drain(..end + 2).collect();
                let message = String::from_utf8(message).unwrap();
                let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name));
                let Some(data) = field("data: ") else { continue };
                let event: Value = serde_json::from_str(data).unwrap();
                return Some((field("id: ").unwrap().parse().unwrap(), event));
            }
            let part = timeout(PATIENCE, self.answer.chunk()).await.expect("the stream hangs");
            // Cut off or ended: either way it is over.
            let Ok(Some(part)) = part else { return None };
            self.bytes.extend_from_slice(&part);
        }
    }

    /// The numbers of the next events.
    pub(super) async fn numbers(&mut self, count: usize) -> Vec<u64> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            let (id, event) = self.next().await.expect("more events");
            assert_eq!(id, number(&event));
            numbers.push(id);
        }
        numbers
    }
}
