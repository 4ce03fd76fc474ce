//! What everybody is answered.

use serde_json::Value;
use xentri_testkit::TestDb;

use crate::process::Running;

#[tokio::test]
async fn an_error_is_a_problem_with_the_trace_id_of_its_answer() {
    let db = TestDb::new().await;
    let (_running, api) = Running::serve(&db.server_url(), &[]).await;
    let client = reqwest::Client::new();
    for (request, status, code) in [
        (client.get(format!("{api}/nowhere")), 404_u16, "NOT_FOUND"),
        (client.delete(format!("{api}/health")), 405, "METHOD_NOT_ALLOWED"),
        (client.post(format!("{api}/api/v1/sales/leads")).body("{}"), 401, "UNAUTHENTICATED"),
    ] {
        let answer = request.send().await.unwrap();
        let headers = answer.headers().clone();
        assert_eq!(answer.status(), status);
        assert_eq!(headers["content-type"], "application/problem+json");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(
            (problem["status"].as_u64(), problem["code"].as_str()),
            (Some(u64::from(status)), Some(code))
        );
        assert_eq!(problem["type"], format!("/errors/{code}"));
        let trace_id = problem["trace_id"].as_str().unwrap();
        assert!(headers["traceparent"].to_str().unwrap().contains(trace_id));
        assert_eq!(headers.get("allow").is_some(), status == 405);
        assert_eq!(headers.get("www-authenticate").is_some(), status == 401);
    }
}
