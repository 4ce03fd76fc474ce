//! The session cookie: for pages that are on the list.

use http::Method;
use serde_json::json;

use super::super::AuthSettings;
use super::super::origin::Origin;
use super::super::settings::IssuerSettings;
use super::support::{TestKey, World, issuer, jwks, parts, settings};

const PAGE: &str = "https://app.example.com";

async fn world() -> World {
    let key = TestKey::rsa();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), jwks(&[&key])).unwrap();
    let issuer = IssuerSettings { jwks_file: Some(file.path().into()), ..issuer() };
    let allowed_origins = vec![Origin::parse(PAGE).unwrap()];
    World::with(&AuthSettings { allowed_origins, ..settings(vec![issuer]) }, key).await
}

async fn outcome(world: &World, method: Method, headers: &[(&str, &str)]) -> &'static str {
    let cookie = format!("theme=dark; xentri_session={}; other=1", world.token(json!({})));
    let mut request = http::Request::builder().method(method).uri("/").header("cookie", cookie);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.authenticator.authenticate(&parts(request)).await.map_or_else(|problem| problem.kind.code, |_| "ok")
}

#[tokio::test]
async fn reading_with_the_cookie_needs_no_origin() {
    let world = world().await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        assert_eq!(outcome(&world, method, &[]).await, "ok");
    }
}

#[tokio::test]
async fn writing_with_the_cookie_needs_an_allowed_origin() {
    let world = world().await;
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        assert_eq!(outcome(&world, method.clone(), &[("origin", PAGE)]).await, "ok");
        assert_eq!(outcome(&world, method.clone(), &[]).await, "ORIGIN_REFUSED");
        for other in [
            "null",
            "https://evil.example.com",
            "http://app.example.com",
            "https://app.example.com.evil.com",
            "",
        ] {
            assert_eq!(
                outcome(&world, method.clone(), &[("origin", other)]).await,
                "ORIGIN_REFUSED",
                "{other}"
            );
        }
        let both = [("origin", PAGE), ("origin", "https://evil.example.com")];
        assert_eq!(outcome(&world, method, &both).await, "ORIGIN_REFUSED");
    }
}

#[tokio::test]
async fn a_websocket_with_the_cookie_needs_an_allowed_origin() {
    let world = world().await;
    let upgrade = ("upgrade", "websocket");
    assert_eq!(outcome(&world, Method::GET, &[upgrade]).await, "ORIGIN_REFUSED");
    assert_eq!(outcome(&world, Method::GET, &[upgrade, ("origin", "null")]).await, "ORIGIN_REFUSED");
    assert_eq!(outcome(&world, Method::GET, &[upgrade, ("origin", PAGE)]).await, "ok");
}

#[tokio::test]
async fn the_header_wins_over_the_cookie_even_when_it_is_worth_nothing() {
    let world = world().await;
    let token = world.token(json!({}));
    let bearer = format!("bearer  {token}");
    assert_eq!(outcome(&world, Method::POST, &[("authorization", &bearer)]).await, "ok");
    let refused = [("authorization", "Bearer a.b.c"), ("origin", PAGE)];
    assert_eq!(outcome(&world, Method::POST, &refused).await, "UNAUTHENTICATED");
}

#[tokio::test]
async fn of_two_session_cookies_none_is_taken() {
    let world = world().await;
    let planted = [("cookie", "xentri_session=a.b.c")];
    assert_eq!(outcome(&world, Method::GET, &planted).await, "UNAUTHENTICATED");
}
