//! Somebody who asks until the answer comes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::RequestBuilder;
use serde_json::Value;
use tokio::time::sleep;

use super::book::{Book, Done};
use super::org::Org;

/// Longer than an API works on a command.
const ANSWER: Duration = Duration::from_secs(10);
/// Between two commands, at most: enough for the rest of the system to keep up on a small machine.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Client {
    pub(super) number: usize,
    pub(super) random: StdRng,
    http: reqwest::Client,
    doors: Arc<[String]>,
    service: String,
    book: Arc<Book>,
    commands: usize,
}

enum Answer {
    Done {
        data: Value,
        replayed: bool,
    },
    /// Nobody knows what became of it; the key will tell.
    Again,
    Wrong(String),
}

impl Client {
    pub(super) fn new(
        number: usize,
        doors: Arc<[String]>,
        service: String,
        book: Arc<Book>,
        seed: u64,
    ) -> Self {
        let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().timeout(ANSWER).build().unwrap();
        let random = StdRng::seed_from_u64(seed.wrapping_add(number as u64));
        Self { number, random, http, doors, service, book, commands: 0 }
    }

    /// A command of an org's owner. None when it was refused.
    pub(super) async fn give(&mut self, org: &Org, path: &str, body: &Value) -> Option<Value> {
        self.commands += 1;
        let key = format!("{}-{}", self.number, self.commands);
        self.ask(org, &key, path, body, &org.token).await
    }

    /// The org itself. Whoever asks has the same key.
    pub(super) async fn make(&mut self, org: &Org, body: &Value) -> Option<Value> {
        let service = self.service.clone();
        self.ask(org, &format!("org-{}", org.number), "/core/orgs", body, &service).await
    }

    /// Asks one API and then the other, always with the same key.
    async fn ask(&mut self, org: &Org, key: &str, path: &str, body: &Value, token: &str) -> Option<Value> {
        let began = Instant::now();
        let mut door = self.random.random_range(0..self.doors.len());
        loop {
            let url = format!("{}/api/v1{path}", self.doors[door % self.doors.len()]);
            let request = self.http.post(url).bearer_auth(token).header("idempotency-key", key).json(body);
            match answer_to(request).await {
                Answer::Done { data, replayed } => {
                    let Some(done) = Done::read(org.id, key, &data) else {
                        self.book.wrong(format!("{path} with key {key} was answered {data}"));
                        return None;
                    };
                    self.book.done(done, replayed, began.elapsed());
                    self.pause(PAUSE).await;
                    return Some(data);
                }
                Answer::Again => {
                    self.book.retried();
                    door += 1;
                    self.pause(PAUSE).await;
                }
                Answer::Wrong(answer) => {
                    self.book.wrong(format!("{path} of org {} with key {key} was answered {answer}", org.id));
                    return None;
                }
            }
        }
    }

    async fn pause(&mut self, most: Duration) {
        sleep(most.mul_f64(self.random.random())).await;
    }
}

/// Of a server that is stopped or started, 429 and 503 may come, or nothing.
async fn answer_to(request: RequestBuilder) -> Answer {
    let Ok(answer) = request.send().await else { return Answer::Again };
    let status = answer.status().as_u16();
    let replayed = answer.headers().contains_key("idempotency-replayed");
    // It may end in the middle of its answer.
    let Ok(mut body) = answer.json::<Value>().await else { return Answer::Again };
    match status {
        200 | 201 => Answer::Done { data: body["data"].take(), replayed },
        429 | 503 => Answer::Again,
        _ => Answer::Wrong(format!("{status} {body}")),
    }
}

/// The stream of an answer.
pub(super) fn id(data: &Value) -> Option<String> {
    data["id"].as_str().map(str::to_owned)
}
