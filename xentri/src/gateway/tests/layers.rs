//! One request at a time.

use axum::Router;
use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::routes::{Gate, made_up, token};
use crate::config::Settings;

fn plain() -> Router {
    made_up(&Settings::default(), &Gate::default())
}

fn with(change: impl FnOnce(&mut Settings)) -> Router {
    let mut settings = Settings::default();
    change(&mut settings);
    made_up(&settings, &Gate::default())
}

async fn send(app: &Router, request: Builder) -> Response<Body> {
    app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn bytes(response: Response<Body>) -> Vec<u8> {
    response.into_body().collect().await.unwrap().to_bytes().to_vec()
}

/// Fails unless it is a whole problem that agrees with its status.
async fn problem(response: Response<Body>) -> (HeaderMap, Value) {
    let (status, headers) = (response.status(), response.headers().clone());
    assert_eq!(headers["content-type"], "application/problem+json");
    let problem: Value = serde_json::from_slice(&bytes(response).await).unwrap();
    assert_eq!(problem["status"], status.as_u16());
    let trace = problem["trace_id"].as_str().unwrap();
    assert_eq!(trace.len(), 32);
    assert!(headers["traceparent"].to_str().unwrap().contains(trace));
    (headers, problem)
}

#[tokio::test]
async fn a_panic_is_a_problem_and_the_next_request_is_answered() {
    let app = plain();
    let (_, said) = problem(send(&app, Request::get("/panic")).await).await;
    assert_eq!((said["code"].as_str(), said["status"].as_u64()), (Some("INTERNAL"), Some(500)));
    assert_eq!(send(&app, Request::get("/trace")).await.status(), 200);
}

#[tokio::test]
async fn an_unknown_route_needs_no_token_and_is_a_problem() {
    for path in ["/nowhere", "/", "/length/more"] {
        let (_, said) = problem(send(&plain(), Request::post(path)).await).await;
        assert_eq!(said["code"], "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    for (method, path, allowed) in
        [("GET", "/length", "POST"), ("OPTIONS", "/length", "POST"), ("PUT", "/trace", "GET,HEAD")]
    {
        let request = Request::builder().method(method).uri(path).header("authorization", token());
        let (headers, said) = problem(send(&plain(), request).await).await;
        assert_eq!((said["code"].as_str(), said["status"].as_u64()), (Some("METHOD_NOT_ALLOWED"), Some(405)));
        assert_eq!(headers["allow"], allowed);
    }
}

#[tokio::test]
async fn what_the_framework_refuses_is_a_problem_too() {
    let (_, said) = problem(send(&plain(), Request::get("/text/many")).await).await;
    assert_eq!(said["code"], "MALFORMED");
}

#[tokio::test]
async fn a_head_is_answered_like_a_get_without_the_body() {
    let answer = send(&plain(), Request::head("/text/7")).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["content-length"]), (200, &"7".parse().unwrap()));
    assert_eq!(bytes(answer).await, b"");
}

#[tokio::test]
async fn a_trace_is_gone_on_with_and_a_bad_one_replaced() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let given = Request::get("/trace").header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    let answer = send(&plain(), given.header("x-request-id", "mine-1")).await;
    assert_eq!(answer.headers()["x-request-id"], "mine-1");
    assert_eq!(bytes(answer).await, trace.as_bytes());
    for bad in ["00-4bf92f-00f067aa0ba902b7-01", "", "\u{e9}"] {
        let answer =
            send(&plain(), Request::get("/trace").header("traceparent", bad).header("x-request-id", "a b"))
                .await;
        let id = answer.headers()["x-request-id"].clone();
        let seen = bytes(answer).await;
        assert_eq!((seen.len(), id.as_bytes()), (32, seen.as_slice()));
        assert_ne!(seen, trace.as_bytes());
    }
}

#[tokio::test]
async fn who_is_not_recognised_is_told_how_to_be() {
    let (headers, said) = problem(send(&plain(), Request::get("/org")).await).await;
    assert_eq!(
        (said["code"].as_str(), &headers["www-authenticate"]),
        (Some("UNAUTHENTICATED"), &"Bearer".parse().unwrap())
    );
    let token = token();
    let answer = send(&plain(), Request::get("/org").header("authorization", &token)).await;
    assert_eq!(bytes(answer).await, token.strip_prefix("Bearer ").unwrap().as_bytes());
}

#[tokio::test]
async fn an_org_that_asks_too_often_is_told_when_to_come_again() {
    let app = with(|settings| settings.rate_limit.per_org = 2);
    let token = token();
    let ask = || send(&app, Request::get("/org").header("authorization", &token));
    for left in ["1", "0"] {
        let answer = ask().await;
        let headers = answer.headers();
        assert_eq!(
            (answer.status().as_u16(), &headers["x-ratelimit-remaining"]),
            (200, &left.parse().unwrap())
        );
        assert_eq!(
            (&headers["x-ratelimit-limit"], &headers["x-ratelimit-reset"]),
            (&"2".parse().unwrap(), &"1".parse().unwrap())
        );
    }
    let (headers, said) = problem(ask().await).await;
    assert_eq!((said["code"].as_str(), said["status"].as_u64()), (Some("RATE_LIMITED"), Some(429)));
    for (name, value) in [("retry_after", 1), ("limit", 2), ("remaining", 0), ("reset", 1)] {
        assert_eq!(said[name], value, "{name}");
    }
    for (name, value) in [
        ("retry-after", "1"),
        ("x-ratelimit-limit", "2"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    let other = super::routes::token();
    assert_eq!(send(&app, Request::get("/org").header("authorization", other)).await.status(), 200);
    let app = with(|settings| settings.rate_limit.per_org = 0);
    let answer = send(&app, Request::get("/org").header("authorization", &token)).await;
    assert!(!answer.headers().contains_key("x-ratelimit-limit"));
}

#[tokio::test]
async fn who_guesses_is_held_off_and_others_behind_the_same_address_are_not() {
    let app = with(|settings| settings.rate_limit.failed_authentications_burst = 2);
    for expected in [401, 401, 429] {
        let answer = send(&app, Request::get("/org").header("authorization", "Bearer guess")).await;
        assert_eq!(answer.status(), expected);
    }
    assert_eq!(send(&app, Request::get("/org").header("authorization", token())).await.status(), 200);
}

#[tokio::test]
async fn browsers_of_listed_origins_alone_are_allowed() {
    let app = with(|settings| {
        settings.cors.origins = vec!["https://app.example".to_owned()];
        settings.cors.credentials = true;
    });
    let preflight = |origin: &str| {
        Request::options("/trace")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "idempotency-key,authorization")
    };
    let allowed = send(&app, preflight("https://app.example")).await;
    let headers = allowed.headers();
    assert_eq!(
        (allowed.status().as_u16(), &headers["access-control-allow-origin"]),
        (200, &"https://app.example".parse().unwrap())
    );
    assert_eq!(headers["access-control-allow-credentials"], "true");
    assert!(headers["access-control-allow-headers"].to_str().unwrap().contains("idempotency-key"));
    let refused = send(&app, preflight("https://evil.example")).await;
    assert!(!refused.headers().contains_key("access-control-allow-origin"));
    // Errors too can be read by the page that made them.
    let error = send(&app, Request::get("/nowhere").header("origin", "https://app.example")).await;
    assert_eq!(error.headers()["access-control-allow-origin"], "https://app.example");
    assert!(error.headers()["access-control-expose-headers"].to_str().unwrap().contains("x-ratelimit-limit"));
    let off = send(&plain(), preflight("https://app.example")).await;
    assert_eq!(off.status(), 405);
    assert!(!off.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn large_answers_are_compressed_for_those_who_want_it() {
    for encoding in ["gzip", "br", "zstd"] {
        let answer = send(&plain(), Request::get("/text/5000").header("accept-encoding", encoding)).await;
        assert_eq!(answer.headers()["content-encoding"], encoding);
        assert!(bytes(answer).await.len() < 500);
    }
    let small = send(&plain(), Request::get("/text/1000").header("accept-encoding", "gzip")).await;
    assert!(!small.headers().contains_key("content-encoding"));
    let plain = send(&plain(), Request::get("/text/5000")).await;
    assert_eq!(bytes(plain).await.len(), 5000);
}

#[tokio::test]
async fn every_answer_is_hardened() {
    for path in ["/trace", "/nowhere", "/panic"] {
        let answer = send(&with(|settings| settings.http.hsts = true), Request::get(path)).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ] {
            assert_eq!(answer.headers()[name], value, "{path}");
        }
    }
    assert!(
        !send(&plain(), Request::get("/trace")).await.headers().contains_key("strict-transport-security")
    );
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let mut many = Request::get("/trace");
    for n in 0..101 {
        many = many.header(format!("x-{n}"), "1");
    }
    let (_, said) = problem(send(&plain(), many).await).await;
    assert_eq!((said["code"].as_str(), said["status"].as_u64()), (Some("HEADERS_TOO_LARGE"), Some(431)));
    let large = Request::get("/trace").header("x-large", "a".repeat(40_000));
    let (_, said) = problem(send(&plain(), large).await).await;
    assert_eq!(said["code"], "HEADERS_TOO_LARGE");
}

#[tokio::test]
async fn a_body_at_the_limit_passes_and_one_above_does_not() {
    let app = with(|settings| settings.http.body_bytes = 3000);
    for (bytes_sent, status) in [(3000, 200), (3001, 413)] {
        let request = Request::post("/length").header("authorization", token());
        let answer =
            app.clone().oneshot(request.body(Body::from("a".repeat(bytes_sent))).unwrap()).await.unwrap();
        assert_eq!(answer.status(), status);
    }
}

#[tokio::test]
async fn bodies_that_would_take_all_memory_are_refused() {
    let app = with(|settings| {
        settings.http.body_bytes = 3000;
        settings.http.bodies_bytes = 2048;
    });
    let request = Request::post("/length").header("authorization", token());
    let (_, said) =
        problem(app.oneshot(request.body(Body::from("a".repeat(3000))).unwrap()).await.unwrap()).await;
    assert_eq!((said["code"].as_str(), said["retry_after"].as_u64()), (Some("OVERLOADED"), Some(1)));
}

#[tokio::test]
async fn more_than_can_be_worked_on_is_refused_at_once() {
    let mut settings = Settings::default();
    settings.http.requests = 1;
    let gate = Gate::default();
    let app = made_up(&settings, &gate);
    let token = token();
    let first = tokio::spawn({
        let (app, request) = (app.clone(), Request::get("/slow").header("authorization", &token));
        async move { send(&app, request).await.status() }
    });
    gate.begun.notified().await;
    let (headers, said) =
        problem(send(&app, Request::get("/org").header("authorization", &token)).await).await;
    assert_eq!((said["code"].as_str(), &headers["retry-after"]), (Some("OVERLOADED"), &"1".parse().unwrap()));
    gate.end.notify_one();
    assert_eq!(first.await.unwrap(), 200);
    assert_eq!(send(&app, Request::get("/org").header("authorization", &token)).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_is_given_up_and_a_write_says_that_its_end_is_unknown() {
    for (method, code) in [("GET", "UNAVAILABLE"), ("POST", "OUTCOME_UNKNOWN")] {
        let request = Request::builder().method(method).uri("/slow").header("authorization", token());
        let (headers, said) = problem(send(&plain(), request).await).await;
        assert_eq!((said["code"].as_str(), said["status"].as_u64()), (Some(code), Some(503)));
        assert_eq!(headers["retry-after"], "1");
    }
}
