//! Who sends too much is told so, and how long to wait; others don't notice.

use super::support::{Answer, Caller, Server, ada};

fn number(answer: &Answer, header: &str) -> u64 {
    answer.header(header).unwrap_or_else(|| panic!("{header} is missing")).parse().unwrap()
}

#[tokio::test]
async fn an_org_that_has_used_up_its_limit_is_429_and_no_other() {
    let limit = [("XENTRI_RATE_LIMIT_PER_ORG", "1"), ("XENTRI_RATE_LIMIT_PER_ORG_BURST", "5")];
    let server = Server::with(&limit).await;
    let (crowd, other) = (server.owner().await, server.owner().await);
    // Counted by org, whoever it is of them.
    let callers = [crowd.clone(), server.user(&crowd.org, "member", "bob")];
    let mut refused = None;
    for n in 0..20 {
        let answer = callers[n % 2].give("/sales/leads", &ada()).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        answer.done(201);
        assert_eq!(number(&answer, "x-ratelimit-limit"), 5);
        assert!(number(&answer, "x-ratelimit-remaining") < 5 && number(&answer, "x-ratelimit-reset") > 0);
    }
    let refused = refused.expect("the limit is used up");
    let problem = refused.problem(429, "RATE_LIMITED");
    assert_eq!((problem["limit"].as_u64(), problem["remaining"].as_u64()), (Some(5), Some(0)));
    let wait = problem["retry_after"].as_u64().unwrap();
    assert_eq!((wait, number(&refused, "retry-after")), (1, 1));
    assert_eq!(problem["reset"].as_u64().unwrap(), number(&refused, "x-ratelimit-reset"));
    assert_eq!((number(&refused, "x-ratelimit-limit"), number(&refused, "x-ratelimit-remaining")), (5, 0));

    let answer = other.give("/sales/leads", &ada()).await;
    answer.done(201);
    assert_eq!(number(&answer, "x-ratelimit-remaining"), 4);
    // A header that names another org changes nothing about who is counted, and its refusal comes first.
    crowd.in_org(&other.org).give("/sales/leads", &ada()).await.problem(403, "ORG_MISMATCH");
    // Health is nobody's.
    assert_eq!(reqwest::get(format!("{}/health/ready", server.api)).await.unwrap().status(), 200);
    tokio::time::sleep(std::time::Duration::from_secs(wait)).await;
    crowd.give("/sales/leads", &ada()).await.done(201);
}

#[tokio::test]
async fn an_address_that_guesses_is_429_while_good_tokens_from_it_are_taken() {
    let limit = [
        ("XENTRI_RATE_LIMIT_FAILED_AUTHENTICATIONS", "1"),
        ("XENTRI_RATE_LIMIT_FAILED_AUTHENTICATIONS_BURST", "3"),
    ];
    let server = Server::with(&limit).await;
    let owner = server.owner().await;
    let guesser = Caller::new(&server.api, "a.b.c".to_owned(), "");
    let mut statuses = Vec::new();
    for _ in 0..10 {
        let answer = guesser.give("/sales/leads", &ada()).await;
        if answer.status == 429 {
            assert!(answer.problem(429, "RATE_LIMITED")["retry_after"].as_u64().unwrap() >= 1);
        }
        statuses.push(answer.status);
        owner.give("/sales/leads", &ada()).await.done(201);
    }
    assert_eq!(statuses[..3], [401, 401, 401]);
    assert!(statuses[3..].contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn without_a_limit_nothing_is_counted() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let answer = owner.give("/sales/leads", &ada()).await;
    answer.done(201);
    assert_eq!(answer.header("x-ratelimit-limit"), None);
}
