//! `docs/tutorial-analyst.md`, in the demo that it is about.

use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::{Value, json};

use super::follow;
use crate::analysts::PYTHON;
use crate::process::{Running, data_dir, eventually, xentri};

const TUTORIAL: &str = include_str!("../../../../docs/tutorial-analyst.md");
const LEADS: u64 = 140;

/// The read models need a moment for a year.
async fn until_it_is_read(running: &Running) {
    let token = running.ready["orgs"][0]["tokens"]["owner"].as_str().unwrap();
    let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let query = json!({ "query": "{ leads(first: 1) { totalCount } projections { name lag } }" });
    eventually("the demo is read", async || {
        let asked = client.post(format!("{}/graphql", running.api())).bearer_auth(token).json(&query);
        let answer: Value = asked.send().await.unwrap().json().await.unwrap();
        let all = answer["data"]["projections"].as_array().unwrap();
        answer["data"]["leads"]["totalCount"] == LEADS && all.iter().all(|one| one["lag"] == 0)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tutorial_asks_by_sql_and_goes_back_to_a_moment() {
    let directory = data_dir();
    let data = directory.path().join("xentri-data");
    let mut up = xentri(["up", "--demo", "--json", "--listen", "127.0.0.1:0", "--data"]);
    let running = Running::start(up.arg(&data));
    until_it_is_read(&running).await;
    symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples"), directory.path().join("examples"))
        .unwrap();
    let venv = PYTHON.parent().and_then(Path::parent).unwrap();
    symlink(venv, directory.path().join(".venv")).unwrap();
    let api = format!("api={}\n", running.api());
    let install = TUTORIAL.split("\npython3 -m venv .venv\n").nth(1).unwrap().lines().next().unwrap();
    // The packages are there.
    let packages = format!("python3 -m venv .venv\n{install}\n");
    let replaced = [("api=http://127.0.0.1:8080\n", api.as_str()), (&packages, ":\n")];
    tokio::task::block_in_place(|| follow(TUTORIAL, directory.path(), &replaced));
}
