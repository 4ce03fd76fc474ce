//! Invoice numbers when everybody issues at once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;

use super::support::{Answer, Caller, Server};

const COUNT: usize = 200;

/// The numbers that an org's invoices got, as the claims in the ledger say.
async fn numbers(server: &Server, org: &str) -> Vec<i64> {
    let query = "select (body::jsonb #>> '{payload,number}')::bigint from event
        where org_id = $1 and type = 'xentri.invoice_number.taken.v1' order by org_seq";
    let org: uuid::Uuid = org.parse().unwrap();
    sqlx::query_scalar(query).bind(org).fetch_all(&mut server.database().await).await.unwrap()
}

async fn drafts(owner: &Caller) -> Vec<String> {
    join_all((0..COUNT).map(|_| owner.invoice())).await
}

/// All requests are under way at once. One stream has the org's numbers, so each issue changes it and makes all others
/// that rest on the version before decide again; that none is refused and none skipped is certain because a decision is
/// appended only at the version that it was made on.
async fn issue_all(callers: &[Caller], drafts: &[String]) {
    let issue = |n: usize| {
        let request =
            callers[n % callers.len()].post(&format!("/finance/invoices/{}/issue", drafts[n]), &json!({}));
        Answer::to(request.header("prefer", "return=representation"))
    };
    let answers = join_all((0..COUNT).map(issue)).await;
    let numbers: BTreeSet<_> =
        answers.iter().map(|answer| answer.done(200)["state"]["bill"]["number"].to_string()).collect();
    assert_eq!(numbers.len(), COUNT);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_that_are_issued_at_once_get_the_numbers_from_1_to_200() {
    let server = Server::with(&[]).await;
    let owner = server.owner().await;
    let drafts = drafts(&owner).await;
    issue_all(std::slice::from_ref(&owner), &drafts).await;
    assert_eq!(numbers(&server, &owner.org).await, (1..=200).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn and_so_they_do_through_two_processes() {
    let one = Server::with(&[]).await;
    let two = one.another().await;
    let owner = one.owner().await;
    let drafts = drafts(&owner).await;
    issue_all(&[owner.clone(), owner.at(&two)], &drafts).await;
    assert_eq!(numbers(&one, &owner.org).await, (1..=200).collect::<Vec<_>>());
}

/// Sixteen want to issue the same invoice, through two processes. The first append makes it a bill; everybody else is
/// decided again on that and refused, and no number is lost to them.
#[tokio::test(flavor = "multi_thread")]
async fn one_invoice_that_many_issue_at_once_gets_one_number() {
    let one = Server::with(&[]).await;
    let two = one.another().await;
    let owner = one.owner().await;
    let callers = [owner.clone(), owner.at(&two)];
    let path = format!("/finance/invoices/{}/issue", owner.invoice().await);
    let body = json!({});
    let answers = join_all((0..16).map(|n| callers[n % 2].give(&path, &body))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.problem(409, "ILLEGAL_TRANSITION");
    }
    assert_eq!(numbers(&one, &owner.org).await, [1]);
}
