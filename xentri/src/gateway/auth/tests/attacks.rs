//! What must not pass, however it is made.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use xentri_domain::kernel::Caller;

use super::support::{TestKey, World, parts, with_bearer};

fn encoded(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

/// A token with that header, signed with nothing.
fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}.", encoded(header), encoded(claims))
}

#[tokio::test]
async fn an_algorithm_of_the_tokens_own_choice_is_refused() {
    let world = World::new().await;
    for none in ["none", "None", "NONE", ""] {
        let token = unsigned(&json!({ "alg": none, "kid": "rsa" }), &world.claims());
        World::assert_refused(world.bearer(&token).await, "The token's algorithm is not the one of its key.");
    }
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(world.key.jwk.clone()).unwrap();
    let modulus = BASE64URL_NOPAD.decode(world.key.jwk["n"].as_str().unwrap().as_bytes()).unwrap();
    let whole = serde_json::to_vec(&jwk).unwrap();
    for secret in [&modulus, &whole, &Vec::new()] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some("rsa".to_owned()), ..Header::new(algorithm) };
            let token =
                jsonwebtoken::encode(&header, &world.claims(), &EncodingKey::from_secret(secret)).unwrap();
            World::assert_refused(
                world.bearer(&token).await,
                "The token's algorithm is not the one of its key.",
            );
        }
    }
    // The same key, in a way that it is not meant for.
    for algorithm in [Algorithm::RS512, Algorithm::PS256] {
        let token = TestKey { algorithm, ..world.key.clone() }.sign(&world.claims());
        World::assert_refused(world.bearer(&token).await, "The token's algorithm is not the one of its key.");
    }
}

#[tokio::test]
async fn a_key_that_the_token_brings_along_is_not_used() {
    let world = World::new().await;
    let forger = TestKey::ec("rsa");
    let mut header = Header { kid: Some("rsa".to_owned()), ..Header::new(forger.algorithm) };
    header.jku = Some("http://127.0.0.1:9/keys".to_owned());
    header.x5u = header.jku.clone();
    header.jwk = Some(serde_json::from_value(forger.jwk.clone()).unwrap());
    let token = jsonwebtoken::encode(&header, &world.claims(), &forger.private).unwrap();
    World::assert_refused(world.bearer(&token).await, "The token's algorithm is not the one of its key.");
    // Beside the right signature they do no harm.
    header.alg = world.key.algorithm;
    let token = jsonwebtoken::encode(&header, &world.claims(), &world.key.private).unwrap();
    assert!(world.bearer(&token).await.is_ok());
}

#[tokio::test]
async fn a_critical_extension_is_refused() {
    let world = World::new().await;
    let mut header = Header { kid: Some("rsa".to_owned()), ..Header::new(world.key.algorithm) };
    header.crit = Some(vec!["b64".to_owned()]);
    let token = jsonwebtoken::encode(&header, &world.claims(), &world.key.private).unwrap();
    World::assert_refused(world.bearer(&token).await, "The token's header names a critical extension.");
}

#[tokio::test]
async fn other_claims_under_a_good_signature_are_refused_also_when_the_good_token_is_remembered() {
    let world = World::new().await;
    let token = world.token(json!({ "org_role": "member" }));
    assert!(world.bearer(&token).await.is_ok());
    let signature = token.rsplit('.').next().unwrap();
    let head = token.split('.').next().unwrap();
    let forged = format!("{head}.{}.{signature}", encoded(&world.claims()));
    World::assert_refused(world.bearer(&forged).await, "The token's signature is not right.");
    World::assert_refused(world.bearer(&format!("{token}A")).await, "The token's signature is not right.");
    assert_eq!(world.authenticator.remembered().await, 1);
}

#[tokio::test]
async fn a_user_stays_a_user_whatever_the_token_claims() {
    let world = World::new().await;
    let token = world.token(json!({
        "actor": { "type": "system", "id": "xentri" }, "type": "system", "kind": "service", "actor_type": "system",
        "sub": "system", "org_role": "system", "org_permissions": ["*", "platform:*"], "grants": ["platform:*"],
    }));
    let caller = world.bearer(&token).await.unwrap();
    assert_eq!(caller.actor().kind(), "user");
    let Caller::InOrg(principal) = caller else { panic!("a user is in an org") };
    assert!(!principal.allows(xentri_domain::kernel::Permission::PLATFORM_OPERATE));
}

#[tokio::test]
async fn what_is_no_token_is_refused_without_being_repeated() {
    let world = World::new().await;
    let good = world.token(json!({}));
    let huge = "a".repeat(8 * 1024 + 1);
    let claims = format!("{}.W10.a", encoded(&json!({ "alg": "RS256" })));
    let deep = format!(
        "{}.{}.a",
        encoded(&json!({ "alg": "RS256" })),
        BASE64URL_NOPAD.encode("[".repeat(3000).as_bytes())
    );
    for bad in ["a", "a.b", "a.b.c", "..", "...", "a.b.c.d", "e30.e30.e30", &claims, &deep, &good[1..], "ü"]
    {
        let problem = world.bearer(bad).await.unwrap_err();
        assert_eq!(problem.kind.code, "UNAUTHENTICATED", "{bad}");
        assert!(!problem.detail.contains(bad) || bad.len() < 3, "{}", problem.detail);
    }
    World::assert_refused(world.bearer(&huge).await, "The token is longer than 8192 bytes.");
    for header in ["Bearer", "Basic dXNlcjpwYXNz", "", "Token abc"] {
        let request = http::Request::get("/").header("authorization", header);
        let outcome = world.authenticator.authenticate(&parts(request)).await;
        World::assert_refused(outcome, "`Authorization` is not of the form `Bearer …`.");
    }
    let outcome = world.authenticator.authenticate(&parts(http::Request::get("/"))).await;
    World::assert_refused(outcome, "The request has no token.");
    let mut twice = with_bearer(&good);
    twice.headers.append("authorization", "Bearer a.b.c".parse().unwrap());
    World::assert_refused(
        world.authenticator.authenticate(&twice).await,
        "The request has more than one token.",
    );
}
