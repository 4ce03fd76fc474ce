//! An issuer with keys of its own, a clock that stands still, and the orgs that there are.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use http::request::{Builder, Parts};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use xentri_domain::kernel::{Caller, Clock as _, OrgId};
use xentri_domain::org::ExternalId;
use xentri_schemas::{Environment, Problem};
use xentri_testkit::{TestClock, factory};

use super::super::orgs::OrgNames;
use super::super::orgs::{KnownOrg, LookingUp};
use super::super::settings::{ActorKind, IssuerSettings};
use super::super::{AuthSettings, Authenticator};

pub(super) const ISSUER: &str = "https://issuer.test";
pub(super) const AUDIENCE: &str = "xentri";
pub(super) const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// A private key, and what a JWKS says of it.
#[derive(Clone)]
pub(super) struct TestKey {
    pub(super) private: EncodingKey,
    pub(super) algorithm: Algorithm,
    pub(super) jwk: Value,
}

impl TestKey {
    /// Making one takes a while, so all tests share it.
    pub(super) fn rsa() -> Self {
        static ONE: OnceLock<TestKey> = OnceLock::new();
        ONE.get_or_init(|| {
            let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
            let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
            // The bare RSA key stands behind a frame of fixed length.
            Self::new(EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..]), Algorithm::RS256, "rsa")
        })
        .clone()
    }

    /// A new one.
    pub(super) fn ec(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let pkcs8 = pair.to_pkcs8v1().unwrap();
        Self::new(EncodingKey::from_ec_der(pkcs8.as_ref()), Algorithm::ES256, id)
    }

    fn new(private: EncodingKey, algorithm: Algorithm, id: &str) -> Self {
        let mut jwk = Jwk::from_encoding_key(&private, algorithm).unwrap();
        jwk.common.key_id = Some(id.to_owned());
        Self { private, algorithm, jwk: serde_json::to_value(jwk).unwrap() }
    }

    pub(super) fn id(&self) -> String {
        self.jwk["kid"].as_str().unwrap().to_owned()
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id()), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.private).unwrap()
    }
}

/// A server of keys that counts who asks.
pub(super) struct JwksServer {
    pub(super) url: String,
    answer: Arc<Mutex<(StatusCode, String)>>,
    asked: Arc<AtomicU32>,
    hangs: Arc<AtomicBool>,
}

impl JwksServer {
    pub(super) async fn start(keys: &[&TestKey]) -> Self {
        let answer = Arc::new(Mutex::new((StatusCode::OK, jwks(keys))));
        let (asked, hangs) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let (shared, count, stuck) = (answer.clone(), asked.clone(), hangs.clone());
        let handler = get(async move || {
            count.fetch_add(1, Ordering::SeqCst);
            if stuck.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            shared.lock().unwrap().clone()
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, Router::new().route("/keys", handler)).into_future());
        Self { url, answer, asked, hangs }
    }

    pub(super) fn serves(&self, keys: &[&TestKey]) {
        *self.answer.lock().unwrap() = (StatusCode::OK, jwks(keys));
    }

    pub(super) fn answers(&self, status: StatusCode, body: &str) {
        *self.answer.lock().unwrap() = (status, body.to_owned());
    }

    /// From now on it takes questions and answers none.
    pub(super) fn hangs(&self) {
        self.hangs.store(true, Ordering::SeqCst);
    }

    pub(super) fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

pub(super) fn jwks(keys: &[&TestKey]) -> String {
    json!({ "keys": keys.iter().map(|key| key.jwk.clone()).collect::<Vec<_>>() }).to_string()
}

/// The orgs that there are in memory: one, known by two names.
pub(super) struct Orgs {
    pub(super) known: KnownOrg,
}

impl OrgNames for Orgs {
    fn by_id(&self, id: OrgId) -> LookingUp<'_> {
        let found = (id == self.known.id).then(|| self.known.clone());
        Box::pin(async { Ok(found) })
    }

    fn by_external_id(&self, id: ExternalId) -> LookingUp<'_> {
        let found = (Some(id) == self.known.external_id).then(|| self.known.clone());
        Box::pin(async { Ok(found) })
    }
}

pub(super) const EXTERNAL: &str = "org_2abFqT";

/// An authenticator and everything around it.
pub(super) struct World {
    pub(super) authenticator: Authenticator,
    pub(super) clock: Arc<TestClock>,
    pub(super) org: OrgId,
    pub(super) key: TestKey,
}

impl World {
    /// Takes tokens of one issuer of users, whose keys are in a file.
    pub(super) async fn new() -> Self {
        Self::of(ActorKind::User, &[]).await
    }

    pub(super) async fn of(actor: ActorKind, grants: &[&str]) -> Self {
        let key = TestKey::rsa();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), jwks(&[&key])).unwrap();
        let grants = grants.iter().map(ToString::to_string).collect();
        let issuer = IssuerSettings { actor, grants, jwks_file: Some(file.path().into()), ..issuer() };
        Self::with(&settings(vec![issuer]), key).await
    }

    /// Whose keys are on a server.
    pub(super) async fn on(server: &JwksServer, key: TestKey) -> Self {
        let issuer = IssuerSettings { jwks_url: Some(server.url.clone()), ..issuer() };
        Self::with(&settings(vec![issuer]), key).await
    }

    pub(super) async fn with(settings: &AuthSettings, key: TestKey) -> Self {
        let (clock, org) = (Arc::new(TestClock::new()), factory::org());
        let known = KnownOrg { id: org, external_id: Some(ExternalId::parse(EXTERNAL).unwrap()) };
        let orgs = Arc::new(Orgs { known });
        let opened = Authenticator::open(settings, Environment::Local, LOOPBACK, orgs, clock.clone()).await;
        Self { authenticator: opened.unwrap(), clock, org, key }
    }

    pub(super) fn seconds(&self) -> i64 {
        self.clock.now().as_micros() / 1_000_000
    }

    /// Good claims of an owner, valid for an hour.
    pub(super) fn claims(&self) -> Value {
        json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "user_9x", "iat": self.seconds(), "exp": self.seconds() + 3600,
                "org_id": self.org.to_string(), "org_role": "owner" })
    }

    /// A token of good claims, some of them replaced; a null takes one away.
    pub(super) fn token(&self, replaced: Value) -> String {
        self.key.sign(&self.claims_but(replaced))
    }

    pub(super) fn claims_but(&self, replaced: Value) -> Value {
        let mut claims = self.claims();
        let Value::Object(replaced) = replaced else { panic!("claims are an object") };
        for (name, value) in replaced {
            let claims = claims.as_object_mut().unwrap();
            if value.is_null() {
                claims.remove(&name)
            } else {
                claims.insert(name, value)
            };
        }
        claims
    }

    pub(super) async fn bearer(&self, token: &str) -> Result<Caller, Problem> {
        self.authenticator.authenticate(&with_bearer(token)).await.map(|(caller, _)| caller)
    }

    /// Refused as unauthenticated, for this reason.
    #[track_caller]
    pub(super) fn assert_refused<T: std::fmt::Debug>(outcome: Result<T, Problem>, detail: &str) {
        let problem = outcome.expect_err("the token should be refused");
        assert_eq!((problem.kind.code, &*problem.detail), ("UNAUTHENTICATED", detail));
    }

    pub(super) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

pub(super) fn issuer() -> IssuerSettings {
    IssuerSettings {
        name: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        actor: ActorKind::User,
        jwks_url: None,
        jwks_file: None,
        grants: Vec::new(),
    }
}

pub(super) fn settings(issuers: Vec<IssuerSettings>) -> AuthSettings {
    AuthSettings { issuer: issuers, ..AuthSettings::default() }
}

pub(super) fn parts(request: Builder) -> Parts {
    request.body(()).unwrap().into_parts().0
}

pub(super) fn with_bearer(token: &str) -> Parts {
    parts(http::Request::post("/").header("authorization", format!("Bearer {token}")))
}

pub(super) fn with_org(token: &str, org: &str) -> Parts {
    let request = http::Request::post("/").header("authorization", format!("Bearer {token}"));
    parts(request.header("x-org-id", org))
}
