//! Tokens of a configured issuer, end to end. What each claim may say is tried out where tokens are proved.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use data_encoding::BASE64URL_NOPAD;
use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::support::keys::{Key, USERS, but, claims, jwks, now, service_claims};
use super::support::{Answer, Caller, Server, ada};

/// An issuer that publishes its keys, and counts who asks.
#[derive(Clone)]
struct Issuer {
    url: String,
    keys: Arc<Mutex<String>>,
    asked: Arc<AtomicU32>,
}

impl Issuer {
    async fn start(keys: &[&Key]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let issuer = Self { url, keys: Arc::new(Mutex::new(jwks(keys))), asked: Arc::default() };
        let shared = issuer.clone();
        let handler = get(async move || {
            shared.asked.fetch_add(1, Ordering::SeqCst);
            shared.keys.lock().unwrap().clone()
        });
        tokio::spawn(axum::serve(listener, Router::new().route("/keys", handler)).into_future());
        issuer
    }

    fn publishes(&self, keys: &[&Key]) {
        *self.keys.lock().unwrap() = jwks(keys);
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn with_token(server: &Server, org: &str, token: String) -> Answer {
    Caller::new(&server.api, token, org).give("/sales/leads", &ada()).await
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
    format!("{}.{}.", encode(header), encode(claims))
}

#[tokio::test]
async fn a_good_token_is_taken_and_one_that_is_off_in_anything_is_401() {
    let server = Server::shared().await;
    let org = server.owner().await.org;
    let good = claims(&org, "owner", "ada");
    let key = Key::of_users();
    with_token(&server, &org, key.sign(&good)).await.done(201);
    for replaced in [
        json!({ "exp": now() - 60 }),
        json!({ "exp": null }),
        json!({ "nbf": now() + 600 }),
        json!({ "iat": now() + 600 }),
        json!({ "aud": "another" }),
        json!({ "iss": "https://another.test" }),
        json!({ "iss": null }),
        json!({ "sub": "" }),
    ] {
        let answer = with_token(&server, &org, key.sign(&but(good.clone(), &replaced))).await;
        answer.problem(401, "UNAUTHENTICATED");
    }
    with_token(&server, &org, key.sign(&but(good.clone(), &json!({ "org_id": null }))))
        .await
        .problem(403, "ORG_MISSING");
    for garbage in ["", "x", "a.b.c", "..", &"a".repeat(9000)] {
        with_token(&server, &org, garbage.to_owned()).await.problem(401, "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn a_token_that_is_not_signed_with_the_issuers_own_key_is_401() {
    let server = Server::shared().await;
    let org = server.owner().await.org;
    let good = claims(&org, "owner", "ada");
    let header = |alg: &str| json!({ "alg": alg, "typ": "JWT", "kid": "users" });
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        with_token(&server, &org, unsigned(&header(alg), &good)).await.problem(401, "UNAUTHENTICATED");
    }
    // The public key, which everybody knows, as if it were a shared secret: in every form that it is written in.
    let jwk = &Key::of_users().jwk;
    let modulus = jwk["n"].as_str().unwrap();
    for secret in
        [jwk.to_string().into_bytes(), modulus.into(), BASE64URL_NOPAD.decode(modulus.as_bytes()).unwrap()]
    {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some("users".to_owned()), ..Header::new(algorithm) };
            let token = jsonwebtoken::encode(&header, &good, &EncodingKey::from_secret(&secret)).unwrap();
            with_token(&server, &org, token).await.problem(401, "UNAUTHENTICATED");
        }
    }
    // A key of the forger's own, under the name of the real one, and brought along.
    let forged = Key::rsa("users");
    with_token(&server, &org, forged.sign(&good)).await.problem(401, "UNAUTHENTICATED");
    let header = Header {
        kid: Some("users".to_owned()),
        jku: Some("http://127.0.0.1:9/".to_owned()),
        ..Header::new(Algorithm::RS256)
    };
    let signed = forged.sign(&good);
    let (_, rest) = signed.split_once('.').unwrap();
    let header = BASE64URL_NOPAD.encode(serde_json::to_string(&header).unwrap().as_bytes());
    with_token(&server, &org, format!("{header}.{rest}")).await.problem(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_token_of_users_makes_no_service_whatever_it_claims() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let claims = claims(&owner.org, "owner", "ada");
    let system = json!({ "actor": "system", "actor_type": "system", "type": "system", "sub": "importer",
        "org_permissions": ["*", "platform:*", "platform:operate"], "grants": ["platform:*"] });
    let caller = Caller::new(&server.api, Key::of_users().sign(&but(claims, &system)), &owner.org);
    let bakery =
        json!({ "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es" });
    caller.give("/core/orgs", &bakery).await.problem(403, "FORBIDDEN");
    let invoice = caller.invoice().await;
    caller
        .give(&format!("/finance/invoices/{invoice}/mark-overdue"), &json!({}))
        .await
        .problem(403, "FORBIDDEN");
    // The services' name on the users' signature, and the other way round.
    let mixed = Key::of_users().sign_as("services", &service_claims("importer"));
    with_token(&server, "", mixed).await.problem(401, "UNAUTHENTICATED");
    let mixed = Key::of_services().sign(&but(service_claims("importer"), &json!({ "iss": USERS })));
    with_token(&server, "", mixed).await.problem(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_thousand_tokens_of_unknown_keys_make_one_question() {
    let (known, stranger) = (Key::ec("known"), Key::ec("stranger"));
    let issuer = Issuer::start(&[&known]).await;
    let server = Server::with_keys_at(&issuer.url).await;
    let before = issuer.asked();
    let caller = Caller::new(&server.api, String::new(), "");
    let ask = async |n: usize| {
        let token = stranger.sign_as(&format!("key-{n}"), &claims("org_x", "owner", "eve"));
        caller.with_token(token).give("/sales/leads", &ada()).await.problem(401, "UNAUTHENTICATED");
    };
    for batch in 0..20 {
        join_all((0..50).map(|n| ask(batch * 50 + n))).await;
    }
    assert_eq!(issuer.asked() - before, 1);
}

#[tokio::test]
async fn keys_are_rotated_while_the_server_runs() {
    let (old, new) = (Key::ec("old"), Key::ec("new"));
    let issuer = Issuer::start(&[&old]).await;
    let server = Server::with_keys_at(&issuer.url).await;
    let bakery =
        json!({ "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es" });
    let org = server.service("importer").make("/core/orgs", &bakery).await;
    let (olds, news) = (old.sign(&claims(&org, "owner", "ada")), new.sign(&claims(&org, "owner", "ada")));
    with_token(&server, &org, olds.clone()).await.done(201);
    // A new key is known at its first token, and the old one stays as long as it is published.
    issuer.publishes(&[&old, &new]);
    with_token(&server, &org, news.clone()).await.done(201);
    with_token(&server, &org, olds).await.done(201);
    assert_eq!(issuer.asked(), 2);
    // Whoever can't be asked right now is still believed.
    issuer.publishes(&[]);
    with_token(&server, &org, news).await.done(201);
}

#[tokio::test]
async fn a_key_that_is_gone_with_the_new_one_is_refused_even_for_tokens_that_were_taken() {
    let (old, new) = (Key::ec("old"), Key::ec("new"));
    let issuer = Issuer::start(&[&old]).await;
    let server = Server::with_keys_at(&issuer.url).await;
    let bakery =
        json!({ "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es" });
    let org = server.service("importer").make("/core/orgs", &bakery).await;
    let olds = old.sign(&claims(&org, "owner", "ada"));
    with_token(&server, &org, olds.clone()).await.done(201);
    issuer.publishes(&[&new]);
    with_token(&server, &org, new.sign(&claims(&org, "owner", "ada"))).await.done(201);
    with_token(&server, &org, olds).await.problem(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_session_cookie_writes_only_from_pages_that_may() {
    let server = Server::with(&[("XENTRI_AUTH_ALLOWED_ORIGINS", "https://app.test")]).await;
    let owner = server.owner().await;
    let with_cookie = |origin: Option<&str>| {
        let request = reqwest::Client::new().post(format!("{}/api/v1/sales/leads", server.api)).json(&ada());
        let request = request.header("cookie", format!("a=b; xentri_session={}", owner.token()));
        origin.iter().fold(request, |request, origin| request.header("origin", *origin))
    };
    Answer::to(with_cookie(Some("https://app.test"))).await.done(201);
    for origin in [
        None,
        Some("https://evil.test"),
        Some("null"),
        Some("https://app.test.evil.test"),
        Some(&*server.api),
    ] {
        Answer::to(with_cookie(origin)).await.problem(403, "ORIGIN_REFUSED");
    }
    // A form of another page can't say that it is JSON.
    let form = with_cookie(Some("https://app.test")).header("content-type", "text/plain");
    assert!([400, 415].contains(&Answer::to(form).await.status));
}
