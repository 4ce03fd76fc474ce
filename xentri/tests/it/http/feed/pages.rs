//! Page by page.

use serde_json::{Value, json};
use sqlx::Row as _;
use uuid::Uuid;

use super::support::{all, number, numbers, page};
use crate::http::support::{Answer, Caller, Server};

/// So many leads.
async fn leads(owner: &Caller, count: usize) {
    for _ in 0..count {
        owner.lead().await;
    }
}

#[tokio::test]
async fn everything_that_happened_is_there_once_and_in_order() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    leads(&owner, 6).await;
    let integrator = server.user(&owner.org, "integrator", "shop");
    assert_eq!(numbers(&page(&integrator, "?limit=3").await), (vec![1, 2, 3], 3));
    assert_eq!(numbers(&page(&integrator, "?limit=3&after=3").await), (vec![4, 5, 6], 6));
    assert_eq!(numbers(&page(&integrator, "?limit=3&after=6").await), (vec![7], 7));
    assert_eq!(numbers(&page(&integrator, "?after=7").await), (vec![], 7));
    assert_eq!(numbers(&page(&integrator, "").await).0.len(), 7);
    for role in ["owner", "auditor"] {
        assert_eq!(all(&server.user(&owner.org, role, "eve")).await.len(), 7);
    }
    for role in ["admin", "member", "analyst"] {
        let refused = page(&server.user(&owner.org, role, "eve"), "").await;
        assert_eq!(refused.problem(403, "FORBIDDEN")["detail"], "missing the permission events:subscribe");
    }
}

/// Byte for byte what is hashed, with the ledger's fields behind it, and nothing of where it lies.
#[tokio::test]
async fn an_event_leaves_as_it_is_stored() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    leads(&owner, 2).await;
    let integrator = server.user(&owner.org, "integrator", "shop");
    let request = integrator.request(reqwest::Method::GET, "/api/v1/events");
    let text = request.send().await.unwrap().text().await.unwrap();
    let stored = sqlx::query(
        "select body, epoch, org_seq, encode(hash, 'hex') from event where org_id = $1 order by org_seq",
    )
    .bind(owner.org.parse::<Uuid>().unwrap())
    .fetch_all(&mut server.database().await)
    .await
    .unwrap();
    let page: Value = serde_json::from_str(&text).unwrap();
    let mut expected = Vec::new();
    for (row, event) in stored.iter().zip(page["data"].as_array().unwrap()) {
        let body: String = row.get(0);
        let (epoch, org_seq, hash) = (row.get::<i32, _>(1), row.get::<i64, _>(2), row.get::<String, _>(3));
        let recorded_at = event["recorded_at"].as_str().unwrap();
        expected.push(format!(
            r#"{},"recorded_at":"{recorded_at}","ledger":{{"epoch":{epoch},"org_seq":{org_seq},"hash":"{hash}"}}}}"#,
            body.strip_suffix('}').unwrap()
        ));
    }
    assert_eq!(text, format!(r#"{{"data":[{}],"next_after":3}}"#, expected.join(",")));
    assert!(!text.contains("position") && !text.contains("shard"));
}

#[tokio::test]
async fn types_leave_the_others_out_and_an_empty_page_is_the_end() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let lead = owner.lead().await;
    leads(&owner, 5).await;
    let contact = json!({ "channel": "phone", "note": "rang", "at": "2026-01-31T09:30:00Z" });
    owner.give(&format!("/sales/leads/{lead}/log-contact"), &contact).await.done(200);
    leads(&owner, 1).await;
    let of = async |query: &str| numbers(&page(&owner, query).await);
    assert_eq!(of("?types=xentri.lead.contacted.v1").await, (vec![8], 9));
    assert_eq!(of("?types=xentri.lead.contacted.v1,xentri.org.created.v1&limit=1").await, (vec![1], 1));
    assert_eq!(
        of("?types=xentri.lead.contacted.v1,xentri.org.created.v1&limit=1&after=1").await,
        (vec![8], 8)
    );
    assert_eq!(of("?types=xentri.lead.contacted.v1&after=8").await, (vec![], 9));
    assert_eq!(of("?types=xentri.deal.won.v1").await, (vec![], 9));
}

#[tokio::test]
async fn a_cursor_that_the_ledger_does_not_have_is_told_so() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    assert_eq!(numbers(&page(&owner, "?after=1").await), (vec![], 1));
    for query in ["?after=2", "?after=9007199254740993&types=xentri.lead.created.v1"] {
        let ahead = page(&owner, query).await;
        assert_eq!(ahead.problem(409, "CURSOR_AHEAD")["detail"], "the org's last event is number 1");
    }
    for query in
        ["?after=x", "?limit=0", "?limit=1001", "?types=lead", "?types=", "?shard=0", "?after=1&after=1"]
    {
        page(&owner, query).await.problem(422, "BAD_PARAMETER");
    }
}

/// Two orgs side by side, most likely on other shards, with numbers of their own.
#[tokio::test]
async fn nobody_sees_anything_of_another_org() {
    let server = Server::shared().await;
    let (owner, other) = (server.owner().await, server.owner().await);
    leads(&other, 9).await;
    leads(&owner, 1).await;
    let events = all(&owner).await;
    assert!(events.iter().all(|event| event["org_id"] == *owner.org));
    assert_eq!(events.iter().map(number).collect::<Vec<_>>(), [1, 2]);
    page(&owner.in_org(&other.org), "").await.problem(403, "ORG_MISMATCH");
    assert_eq!(
        page(&owner, "?after=3").await.problem(409, "CURSOR_AHEAD")["detail"],
        "the org's last event is number 2"
    );
    Answer::to(server.service("importer").request(reqwest::Method::GET, "/api/v1/events"))
        .await
        .problem(403, "ORG_MISSING");
}
