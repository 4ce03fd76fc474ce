//! Queries that mean harm, against the real binary: refused one after the other, they leave nothing behind. Which are refused, and
//! with what, is tried where queries are read.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::support::{Answer, Caller, Server};

/// So much as one query may ask for is asked for again and again.
#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_flat_under_hostile_queries() {
    // One of its own: others would be measured too.
    let server = Server::with(&[]).await;
    let owner = server.owner().await;
    storm(&owner, 200).await;
    let before = server.memory();
    storm(&owner, 800).await;
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 24 << 10, "{grown} KB more than {before} KB");
    let asked = owner.request(Method::POST, "/graphql").json(&json!({ "query": "{ __typename }" }));
    let answered = Answer::to(asked).await;
    assert_eq!(answered.body["data"]["__typename"], "Query");
}

/// Each is another text, so that none is known already.
fn hostile(number: usize) -> Value {
    let query = match number % 8 {
        0 => format!("{} x{number} {}", "{ a ".repeat(200), "} ".repeat(200)),
        1 => (0..4000).fold("{".to_owned(), |all, n| format!("{all} a{number}n{n}: x")) + "}",
        2 => format!("{{ ...A }} fragment A on Query {{ x{number} ...B }} fragment B on Query {{ ...A }}"),
        3 => format!("{{ leads(first: {number}000000) {{ edges {{ node {{ id }} }} }} }}"),
        4 => format!(
            "query Q{number} {{ __schema {{ types {{ {}name{} }} }} }}",
            "fields { type { ".repeat(6),
            "} }".repeat(6)
        ),
        5 => format!("{{ __typename {} x{number}: __typename }}", "@include(if: true) ".repeat(3000)),
        6 => format!("query Q{number} {{ __typename }} # {}", "x".repeat(30_000)),
        _ => format!("{{ {} }}", (0..1900).fold(String::new(), |all, n| format!("{all} w{number}n{n}"))),
    };
    json!({ "query": query, "variables": { "a": "x".repeat(100_000) } })
}

async fn storm(owner: &Caller, count: usize) {
    let mut running = JoinSet::new();
    for worker in 0..4 {
        let owner = owner.clone();
        running.spawn(async move {
            for number in (worker..count).step_by(4) {
                let request = owner.request(Method::POST, "/graphql").json(&hostile(number));
                let answer = timeout(Duration::from_mins(1), Answer::to(request)).await.expect("it hangs");
                assert!(answer.status == 200 || answer.status == 413, "{}", answer.status);
            }
        });
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}
