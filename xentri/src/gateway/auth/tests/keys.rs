//! Keys that come, go, and can't be had. The clock is the test's, so the minutes are its own.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use super::super::key_set::KeySet;
use super::support::{JwksServer, TestKey, World, jwks};

const UNKNOWN: &str = "The token's issuer has no such key.";

#[tokio::test]
async fn a_thousand_unknown_keys_make_one_refetch() {
    let (known, stranger) = (TestKey::ec("known"), TestKey::ec("stranger"));
    let server = JwksServer::start(&[&known]).await;
    let world = World::on(&server, known).await;
    assert_eq!(server.asked(), 1);
    // Ten at a time race for the one refetch: whoever has the turn asks, the others find that it was asked.
    for round in 0..100 {
        let mut racing = tokio::task::JoinSet::new();
        for one in 0..10 {
            let mut claims = world.claims();
            claims["jti"] = json!(round * 10 + one);
            let (authenticator, token) = (world.authenticator.clone(), stranger.sign(&claims));
            racing
                .spawn(async move { authenticator.authenticate(&super::support::with_bearer(&token)).await });
        }
        for outcome in racing.join_all().await {
            World::assert_refused(outcome, UNKNOWN);
        }
    }
    assert_eq!(server.asked(), 2);
    world.advance(Duration::from_secs(59));
    World::assert_refused(world.bearer(&stranger.sign(&world.claims())).await, UNKNOWN);
    assert_eq!(server.asked(), 2);
    world.advance(Duration::from_secs(1));
    World::assert_refused(world.bearer(&stranger.sign(&world.claims())).await, UNKNOWN);
    assert_eq!(server.asked(), 3);
}

#[tokio::test]
async fn a_new_key_is_taken_at_once_and_an_old_one_no_longer_also_of_a_remembered_token() {
    let (old, new) = (TestKey::ec("old"), TestKey::ec("new"));
    let server = JwksServer::start(&[&old]).await;
    let world = World::on(&server, old.clone()).await;
    let by_old = old.sign(&world.claims());
    assert!(world.bearer(&by_old).await.is_ok());

    server.serves(&[&old, &new]);
    assert!(world.bearer(&new.sign(&world.claims())).await.is_ok());
    assert!(world.bearer(&by_old).await.is_ok(), "both are good while both are published");

    server.serves(&[&new]);
    assert!(world.bearer(&by_old).await.is_ok(), "nobody has looked yet");
    world.advance(Duration::from_secs(601));
    World::assert_refused(world.bearer(&by_old).await, UNKNOWN);
    assert!(world.bearer(&new.sign(&world.claims())).await.is_ok());
}

#[tokio::test]
async fn keys_of_some_age_are_read_again_while_the_request_goes_on() {
    let (old, new) = (TestKey::ec("old"), TestKey::ec("new"));
    let server = JwksServer::start(&[&old]).await;
    let world = World::on(&server, old.clone()).await;
    let token = old.sign(&world.claims());
    server.serves(&[&new]);
    world.advance(Duration::from_secs(301));
    assert!(world.bearer(&token).await.is_ok());
    let begin = std::time::Instant::now();
    while world.bearer(&token).await.is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(30), "the keys are never read again");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // One for age, one because the token now names a key that nobody knows.
    assert!((2..=3).contains(&server.asked()), "{}", server.asked());
}

#[tokio::test]
async fn keys_that_cant_be_had_leave_the_last_ones_in_place() {
    let key = TestKey::ec("only");
    let server = JwksServer::start(&[&key]).await;
    let world = World::on(&server, key.clone()).await;
    let sign = |jti: u32| key.sign(&world.claims_but(json!({ "jti": jti, "exp": 9e9 })));
    let broken = [
        (StatusCode::INTERNAL_SERVER_ERROR, jwks(&[&key])),
        (StatusCode::OK, "<html>".to_owned()),
        (StatusCode::OK, r#"{"keys":[]}"#.to_owned()),
        (StatusCode::OK, " ".repeat(300 * 1024)),
        (StatusCode::FOUND, String::new()),
    ];
    for (jti, (status, body)) in (0..).zip(broken) {
        server.answers(status, &body);
        world.advance(Duration::from_secs(700));
        let asked = server.asked();
        assert!(world.bearer(&sign(jti)).await.is_ok(), "{status}");
        assert_eq!(server.asked(), asked + 1);
        assert!(world.bearer(&sign(jti + 100)).await.is_ok(), "{status}");
        assert_eq!(server.asked(), asked + 1, "not asked again within ten seconds");
    }
}

#[tokio::test]
async fn an_issuer_that_hangs_holds_nobody_up() {
    let key = TestKey::ec("only");
    let server = JwksServer::start(&[&key]).await;
    let world = World::on(&server, key.clone()).await;
    let token = key.sign(&world.claims_but(json!({ "exp": 9e9 })));
    server.hangs();
    world.advance(Duration::from_secs(301));
    let begin = std::time::Instant::now();
    for _ in 0..100 {
        assert!(world.bearer(&token).await.is_ok());
    }
    // The question itself is given up after five seconds.
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn an_issuer_that_was_away_at_the_start_is_asked_again() {
    let key = TestKey::ec("late");
    let server = JwksServer::start(&[&key]).await;
    server.answers(StatusCode::BAD_GATEWAY, "");
    let world = World::on(&server, key.clone()).await;
    let token = key.sign(&world.claims());
    let problem = world.bearer(&token).await.unwrap_err();
    assert_eq!((problem.kind.code, problem.retry_after), ("UNAVAILABLE", Some(10)));
    server.serves(&[&key]);
    world.advance(Duration::from_secs(10));
    assert!(world.bearer(&token).await.is_ok());
}

#[tokio::test]
async fn a_token_may_leave_its_key_unnamed_where_there_is_only_one() {
    let (one, two) = (TestKey::ec("one"), TestKey::ec("two"));
    let server = JwksServer::start(&[&one]).await;
    let world = World::on(&server, one.clone()).await;
    let header = jsonwebtoken::Header::new(one.algorithm);
    let token = jsonwebtoken::encode(&header, &world.claims(), &one.private).unwrap();
    assert!(world.bearer(&token).await.is_ok());
    server.serves(&[&one, &two]);
    world.advance(Duration::from_secs(601));
    World::assert_refused(world.bearer(&token).await, UNKNOWN);
}

#[test]
fn of_a_jwks_only_keys_that_prove_signatures_are_taken() {
    let key = TestKey::ec("good");
    let but = |name: &str, value: serde_json::Value| {
        let mut jwk = key.jwk.clone();
        jwk[name] = value;
        json!({ "keys": [jwk] }).to_string()
    };
    assert!(KeySet::parse(but("use", json!("sig")).as_bytes()).is_ok());
    assert!(KeySet::parse(but("key_ops", json!(["verify"])).as_bytes()).is_ok());
    for bad in [
        but("use", json!("enc")),
        but("key_ops", json!(["sign"])),
        but("alg", json!("RS256")),
        but("alg", json!("HS256")),
        but("alg", json!("ECDH-ES")),
        but("crv", json!("P-521")),
        json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0", "kid": "good", "alg": "HS256" }] }).to_string(),
        json!({ "keys": [{ "kty": "RSA" }, 1, null, {}] }).to_string(),
        json!([]).to_string(),
    ] {
        assert!(KeySet::parse(bad.as_bytes()).is_err(), "{bad}");
    }
    // One that nobody can read does not spoil the others.
    let mixed = json!({ "keys": [{ "kty": "new", "kid": "x" }, key.jwk] }).to_string();
    assert!(KeySet::parse(mixed.as_bytes()).unwrap().find(Some("good")).is_some());
    assert!(KeySet::parse(mixed.as_bytes()).unwrap().find(Some("x")).is_none());
}
