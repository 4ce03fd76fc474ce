//! Postgres away, and more work than can be done: told at once or by the deadline, and over by itself.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use xentri_testkit::PrivatePostgres;

use super::support::raw::Wire;
use super::support::{Answer, Server, ada};
use crate::process::eventually;

/// The command's own, and what a busy machine may add.
const DEADLINE: Duration = Duration::from_secs(2);
const SLACK: Duration = Duration::from_secs(2);

#[track_caller]
fn assert_away(answer: &Answer) {
    let code = answer.body["code"].as_str().unwrap().to_owned();
    assert!(["UNAVAILABLE", "OUTCOME_UNKNOWN"].contains(&&*code), "{}", answer.body);
    assert_eq!(answer.problem(503, &code)["retry_after"], 1);
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_every_command_is_503_by_the_deadline_and_works_again_by_itself() {
    let postgres = PrivatePostgres::start().await;
    let server = Server::on(&postgres.server_url(), &[("XENTRI_COMMANDS_DEADLINE", "2s")]).await.may_fail();
    let owner = server.owner().await;
    let lead = owner.lead().await;
    postgres.crash();
    let bakery =
        json!({ "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es" });
    let note = format!("/sales/leads/{lead}/add-note");
    for round in 0..2 {
        let timed = async |request: reqwest::RequestBuilder| {
            let begin = Instant::now();
            let answer = Answer::to(request).await;
            (answer, begin.elapsed())
        };
        let unread = format!("/sales/leads/{}/add-note", uuid::Uuid::now_v7());
        let scope = owner.request(reqwest::Method::PUT, "/api/v1/users/me/last-scope");
        let answers = tokio::join!(
            timed(owner.post("/sales/leads", &ada()).header("idempotency-key", format!("k{round}"))),
            timed(owner.post(&note, &json!({ "note": "hm" }))),
            timed(owner.post(&unread, &json!({ "note": "hm" }))),
            timed(server.service("importer").post("/core/orgs", &bakery)),
            timed(scope.json(&json!({ "scope": "strategy" }))),
        );
        for (answer, took) in [answers.0, answers.1, answers.2, answers.3, answers.4] {
            assert_away(&answer);
            assert!(took < DEADLINE + SLACK, "{took:?}");
        }
    }
    // What can be said without it is said.
    owner.give("/sales/leads", &json!({})).await.problem(422, "INVALID");
    owner.with_token("a.b.c".to_owned()).give("/sales/leads", &ada()).await.problem(401, "UNAUTHENTICATED");

    postgres.start_again();
    eventually("commands again", async || owner.give("/sales/leads", &ada()).await.status == 201).await;
    let again = Answer::to(owner.post("/sales/leads", &ada()).header("idempotency-key", "k0")).await;
    again.done(201);
    owner.give(&note, &json!({ "note": "hm" })).await.done(200);
}

/// The ledger takes nothing while a lock is held, so the first four requests are worked on until their deadline, and all
/// others have to be refused while they wait.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_more_than_can_be_worked_on_is_503_at_once() {
    let server = Server::with(&[("XENTRI_HTTP_REQUESTS", "4"), ("XENTRI_COMMANDS_DEADLINE", "2s")]).await;
    let owner = server.owner().await;
    let held = server.hold_the_ledger().await;
    let timed = async |n: usize| {
        let begin = Instant::now();
        let request = owner.post("/sales/leads", &ada()).header("idempotency-key", format!("k{n}"));
        (Answer::to(request).await, begin.elapsed())
    };
    let answers = join_all((0..60).map(timed)).await;
    let (mut worked_on, mut refused) = (0, 0);
    for (answer, took) in &answers {
        assert!(*took < DEADLINE + SLACK, "{took:?}");
        if answer.body["code"] == "OVERLOADED" {
            assert_eq!(answer.problem(503, "OVERLOADED")["retry_after"], 1);
            assert!(*took < DEADLINE, "refused at once, not after {took:?}");
            refused += 1;
        } else {
            assert_away(answer);
            worked_on += 1;
        }
    }
    assert_eq!((worked_on, refused), (4, 56));
    held.let_go().await;
    // Their keys tell what became of all of them: each is there once.
    for n in 0..60 {
        let request = || owner.post("/sales/leads", &ada()).header("idempotency-key", format!("k{n}"));
        Answer::to(request()).await.done(201);
    }
    assert_eq!(server.events(&owner.org).await.len(), 61);
}

/// One body takes nearly all the room and never ends.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_do_not_fit_beside_others_are_503() {
    let room = [("XENTRI_HTTP_BODIES_BYTES", "65536"), ("XENTRI_HTTP_BODY_BYTES", "65536")];
    let server = Server::with(&room).await;
    let owner = server.owner().await;
    let token = owner.token();
    let head = format!(
        "POST /api/v1/sales/leads HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: 60000\r\n\r\n"
    );
    let spaced = [ada().to_string().into_bytes(), vec![b' '; 30_000]].concat();
    let large = async || Answer::to(owner.post_raw("/sales/leads", spaced.clone())).await;
    let mut wires = Vec::new();
    // Where the other one is faster, it is the endless one that is refused.
    eventually("the endless one has come", async || {
        let mut wire = Wire::to(&server.api);
        assert!(wire.send(head.as_bytes()));
        wire.send(&vec![b' '; 59_000]);
        wires.push(wire);
        large().await.body["code"] == "OVERLOADED"
    })
    .await;
    assert_eq!(large().await.problem(503, "OVERLOADED")["retry_after"], 1);
    owner.lead().await;
    drop(wires);
    eventually("room again", async || large().await.status == 201).await;
}
