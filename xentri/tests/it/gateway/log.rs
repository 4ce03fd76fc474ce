//! What the log says of a request, and what it never says.

use std::io::Read as _;
use std::process::Stdio;

use serde_json::Value;
use xentri_testkit::TestDb;

use crate::process::{eventually, kill, serving};

#[tokio::test]
async fn a_request_is_one_line_with_its_trace_id_and_nothing_personal() {
    let db = TestDb::new().await;
    let settings = [("XENTRI_LOG", "info"), ("XENTRI_LOG_FORMAT", "json")];
    let (mut command, address) = serving(&db.server_url(), &settings);
    let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
    eventually("serving", async || reqwest::get(format!("http://{address}/health")).await.is_ok()).await;
    let client = reqwest::Client::new();
    let request = client.post(format!("http://{address}/jane.doe@example.com?name=jane.doe"));
    let answer = request.bearer_auth("jane.doe").body("jane.doe").send().await.unwrap();
    let trace_id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    kill("TERM", &process.id().to_string());
    let mut log = String::new();
    process.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(process.wait().unwrap().success());

    assert!(!log.contains("jane.doe") && !log.contains(crate::process::MASTER_KEY), "{log}");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_it: Vec<_> = lines.iter().filter(|line| line["span"]["trace_id"] == trace_id.as_str()).collect();
    let [line] = of_it[..] else { panic!("one line, not {of_it:?}") };
    assert_eq!((line["message"].as_str(), line["span"]["method"].as_str()), (Some("answered"), Some("POST")));
    assert_eq!(line["span"]["status"], 404);
    assert!(line["millis"].as_f64().unwrap() >= 0.0);
}
