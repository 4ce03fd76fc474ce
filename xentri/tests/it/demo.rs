//! `xentri up --demo`: what a newcomer and a script find.

use serde_json::Value;

use crate::process::{Running, data_dir, eventually, xentri};

fn up(data: &std::path::Path) -> Running {
    let data = data.to_str().unwrap();
    Running::start(&mut xentri(["up", "--demo", "--json", "--listen", "127.0.0.1:0", "--data", data]))
}

async fn get(running: &Running, token: &Value, path: &str) -> (u16, Value) {
    let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let answer = client.get(format!("{}{path}", running.api())).bearer_auth(token.as_str().unwrap());
    let answer = answer.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn an_empty_directory_becomes_three_companies_with_tokens_and_stays_as_it_is() {
    let data = data_dir();
    let first = up(data.path());
    assert_eq!(first.ready["graphql"], format!("{}/graphql", first.api()));
    let orgs = first.ready["orgs"].as_array().unwrap().clone();
    assert_eq!(orgs.len(), 3);
    for org in &orgs {
        assert!(org["id"].is_string() && org["name"].is_string(), "{org}");
        for role in ["owner", "admin", "member", "auditor", "analyst", "integrator"] {
            let (status, _) = get(&first, &org["tokens"][role], "/api/v1/events?limit=1").await;
            assert_eq!(status == 200, ["owner", "auditor", "integrator"].contains(&role), "{role}");
        }
    }
    let owner = &orgs[0]["tokens"]["owner"];
    let (_, feed) = get(&first, owner, "/api/v1/events?limit=1").await;
    let made = &feed["data"][0]["payload"];
    assert_eq!((&made["currency"], &made["invoice_prefix"]), (&"EUR".into(), &"INV".into()));
    eventually("Pulse has something to say", async || {
        let (status, items) = get(&first, owner, "/api/v1/pulse/module.leads").await;
        status == 200 && !items["data"].as_array().unwrap().is_empty()
    })
    .await;
    first.signal("TERM");
    assert!(first.end().success());

    let second = up(data.path());
    let again = second.ready["orgs"].as_array().unwrap();
    let ids = |orgs: &[Value]| orgs.iter().map(|org| org["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(again), ids(&orgs));
    let demo = "/api/v1/events?limit=1000&types=xentri.lead.created.v1";
    let (_, leads) = get(&second, &again[0]["tokens"]["owner"], demo).await;
    assert_eq!(leads["data"].as_array().unwrap().len(), 140, "as many as before");
}

#[tokio::test]
async fn a_directory_that_is_in_use_gets_no_demo() {
    let data = data_dir();
    let plain = Running::up(data.path());
    assert!(plain.ready.get("orgs").is_none());
    let path = data.path().to_str().unwrap();
    let org = [
        "org",
        "create",
        "--name",
        "Mine",
        "--time-zone",
        "Europe/Madrid",
        "--currency",
        "EUR",
        "--data",
        path,
    ];
    assert!(crate::process::output(&mut xentri(org)).status.success());
    plain.signal("TERM");
    assert!(plain.end().success());
    assert!(up(data.path()).ready.get("orgs").is_none());
}
