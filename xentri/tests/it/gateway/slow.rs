//! Clients that take their time, on purpose or not.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use xentri_testkit::TestDb;

use crate::process::{PATIENCE, Running};

fn connect(api: &str, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(api.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

#[tokio::test]
async fn heads_that_never_end_are_cut_off_and_keep_nobody_out() {
    let db = TestDb::new().await;
    let (_running, api) = Running::serve(
        &db.server_url(),
        &[("XENTRI_HTTP_HEAD_TIMEOUT", "500ms"), ("XENTRI_HTTP_CONNECTIONS", "100")],
    )
    .await;
    let half = "GET /health HTTP/1.1\r\nhost: x\r\nx-a: ";
    let mut slow: Vec<_> = (0..100).map(|_| connect(&api, half)).collect();
    // All places are taken; it waits until they are cut off.
    assert_eq!(reqwest::get(format!("{api}/health")).await.unwrap().status(), 200);
    for stream in &mut slow {
        let mut answer = String::new();
        // Closed in order or reset: either way it is not kept.
        if stream.read_to_string(&mut answer).is_ok() {
            assert_eq!(answer, "");
        }
    }
}

#[tokio::test]
async fn half_a_request_does_not_keep_a_server_from_stopping() {
    let db = TestDb::new().await;
    let (running, api) = Running::serve(&db.server_url(), &[]).await;
    let _silent = connect(&api, "");
    let _half = connect(&api, "GET /health HTTP/1.1\r\nhost: x\r\nx-a: ");
    assert_eq!(reqwest::get(format!("{api}/health")).await.unwrap().status(), 200);
    let begin = Instant::now();
    running.signal("TERM");
    assert!(running.end().success());
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}
