//! The same command again over HTTP: the first answer, and nothing appended.

use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::support::{Answer, Caller, Server, ada};

fn keyed(caller: &Caller, key: &str, path: &str, body: &Value) -> RequestBuilder {
    caller.post(path, body).header("idempotency-key", key)
}

/// All that an answer says but when it was asked for; the token is sealed anew each time.
fn said(answer: &Answer) -> (u16, Value, Option<&str>, Option<&str>) {
    let mut data = answer.body["data"].clone();
    data.as_object_mut().unwrap().remove("consistency_token");
    (answer.status, data, answer.header("etag"), answer.header("location"))
}

#[tokio::test]
async fn a_repeated_command_is_answered_as_at_first_whatever_has_happened_since() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let capture = || keyed(&owner, "k1", "/sales/leads", &ada());
    let first = Answer::to(capture()).await;
    assert_eq!((first.done(201)["version"].as_u64(), first.header("idempotency-replayed")), (Some(1), None));
    let lead = first.body["data"]["id"].as_str().unwrap();
    owner.give(&format!("/sales/leads/{lead}/disqualify"), &json!({ "reason": "no" })).await.done(200);
    let count = server.events(&owner.org).await.len();

    let again = Answer::to(capture()).await;
    assert_eq!((said(&again), again.header("idempotency-replayed")), (said(&first), Some("true")));
    assert_ne!(again.body["meta"]["trace_id"], first.body["meta"]["trace_id"]);
    // The same, written in another way.
    let reordered = r#" {"source":"form",  "email":"\u0061da@example.com","name":"Ada Lovelace"}"#;
    let again = Answer::to(owner.post_raw("/sales/leads", reordered).header("idempotency-key", "k1")).await;
    assert_eq!((said(&again), again.header("idempotency-replayed")), (said(&first), Some("true")));
    // With the state, it is the one of then.
    let again = Answer::to(capture().header("prefer", "return=representation")).await;
    assert_eq!(again.done(201)["state"]["status"], "new");
    assert_eq!(server.events(&owner.org).await.len(), count);
}

#[tokio::test]
async fn a_key_is_good_for_one_command_of_one_actor() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let first = Answer::to(keyed(&owner, "k", "/sales/leads", &ada())).await;
    let lead = first.done(201)["id"].as_str().unwrap();
    let other = json!({ "name": "Charles Babbage", "source": "form" });
    Answer::to(keyed(&owner, "k", "/sales/leads", &other)).await.problem(422, "KEY_REUSED");
    let note = json!({ "note": "hm" });
    let path = format!("/sales/leads/{lead}/add-note");
    Answer::to(keyed(&owner, "k", &path, &note)).await.problem(422, "KEY_REUSED");
    let with_version = keyed(&owner, "k", "/sales/leads", &ada()).header("if-match", "\"0\"");
    Answer::to(with_version).await.problem(422, "KEY_REUSED");

    let others = server.user(&owner.org, "member", "bob");
    let theirs = Answer::to(keyed(&others, "k", "/sales/leads", &ada())).await;
    assert_ne!(theirs.done(201)["id"], lead);
    assert_eq!(theirs.header("idempotency-replayed"), None);
    let elsewhere = server.owner().await;
    let theirs = Answer::to(keyed(&elsewhere, "k", "/sales/leads", &ada())).await;
    assert_eq!(
        (theirs.done(201)["org_seq"].as_u64(), theirs.header("idempotency-replayed")),
        (Some(2), None)
    );
}

#[tokio::test]
async fn who_may_no_longer_is_told_so_and_not_what_was_answered() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    Answer::to(keyed(&owner, "k", "/sales/leads", &ada())).await.done(201);
    let demoted = server.user(&owner.org, "auditor", "ada");
    Answer::to(keyed(&demoted, "k", "/sales/leads", &ada())).await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_rejection_is_decided_anew() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let lead = owner.lead().await;
    let path = format!("/sales/leads/{lead}/qualify");
    let body = json!({ "score": 80, "reason": "wants bread" });
    Answer::to(keyed(&owner, "k", &path, &body)).await.problem(409, "ILLEGAL_TRANSITION");
    owner.give(&format!("/sales/leads/{lead}/log-contact"), &json!({ "channel": "email" })).await.done(200);
    let answer = Answer::to(keyed(&owner, "k", &path, &body)).await;
    assert_eq!(
        (answer.done(200)["version"].as_u64(), answer.header("idempotency-replayed")),
        (Some(3), None)
    );
}

/// Sixteen requests of one key, eight to each of two processes, at the same time. The receipt's primary key lets one
/// append; all others find its receipt and answer what it says.
#[tokio::test(flavor = "multi_thread")]
async fn a_race_of_one_key_through_two_processes_appends_once() {
    let one = Server::with(&[]).await;
    let two = one.another().await;
    let owner = one.owner().await;
    for round in 0..5 {
        let callers = [owner.clone(), owner.at(&two)];
        let answers =
            join_all((0..16).map(|n| {
                Answer::to(keyed(&callers[n % 2], &format!("race-{round}"), "/sales/leads", &ada()))
            }))
            .await;
        let first: Vec<_> =
            answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).collect();
        assert_eq!(first.len(), 1);
        for answer in &answers {
            answer.done(201);
            assert_eq!(said(answer), said(first[0]));
        }
        assert_eq!(one.events(&owner.org).await.len(), round + 2);
    }
}

/// Two commands that differ race for one key. Which of them gets it is open; that the others are told is not.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_commands_that_race_for_one_key_one_is_done_and_the_other_told() {
    let one = Server::with(&[]).await;
    let two = one.another().await;
    let owner = one.owner().await;
    let callers = [owner.clone(), owner.at(&two)];
    let bodies = [ada(), json!({ "name": "Charles Babbage", "source": "form" })];
    let answers = join_all(
        (0..16).map(|n| Answer::to(keyed(&callers[n / 2 % 2], "race", "/sales/leads", &bodies[n % 2]))),
    )
    .await;
    let winner = usize::from(answers[1].status == 201);
    for (n, answer) in answers.iter().enumerate() {
        if n % 2 == winner {
            assert_eq!(answer.done(201)["id"], answers[winner].body["data"]["id"]);
        } else {
            answer.problem(422, "KEY_REUSED");
        }
    }
    assert_eq!(one.events(&owner.org).await.len(), 2);
}

/// Without a key, an id of the client's own makes a repeated command harmless.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_make_one_id_at_once_one_does() {
    let one = Server::with(&[]).await;
    let two = one.another().await;
    let owner = one.owner().await;
    let callers = [owner.clone(), owner.at(&two)];
    let id = uuid::Uuid::now_v7().to_string();
    let body = json!({ "id": id, "name": "Ada Lovelace", "source": "form" });
    let answers = join_all((0..16).map(|n| callers[n % 2].give("/sales/leads", &body))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.problem(409, "ALREADY_EXISTS");
    }
    assert_eq!(one.events(&owner.org).await.len(), 2);
}
