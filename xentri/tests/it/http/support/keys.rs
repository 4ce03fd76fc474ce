//! Issuers of the tests' own: their keys, what a JWKS says of them, and tokens.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

pub(crate) const USERS: &str = "https://login.test";
pub(crate) const SERVICES: &str = "https://services.test";
pub(crate) const AUDIENCE: &str = "xentri";

/// A private key, and what a JWKS says of it.
#[derive(Clone)]
pub(crate) struct Key {
    private: EncodingKey,
    algorithm: Algorithm,
    pub(crate) jwk: Value,
}

impl Key {
    /// A new one.
    pub(crate) fn ec(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let pkcs8 = pair.to_pkcs8v1().unwrap();
        Self::new(EncodingKey::from_ec_der(pkcs8.as_ref()), Algorithm::ES256, id)
    }

    pub(crate) fn rsa(id: &str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        // The bare RSA key stands behind a frame of fixed length.
        Self::new(EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..]), Algorithm::RS256, id)
    }

    /// That the users' issuer signs with, in all tests.
    pub(crate) fn of_users() -> &'static Self {
        static KEY: OnceLock<Key> = OnceLock::new();
        KEY.get_or_init(|| Self::rsa("users"))
    }

    pub(crate) fn of_services() -> &'static Self {
        static KEY: OnceLock<Key> = OnceLock::new();
        KEY.get_or_init(|| Self::ec("services"))
    }

    fn new(private: EncodingKey, algorithm: Algorithm, id: &str) -> Self {
        let mut jwk = Jwk::from_encoding_key(&private, algorithm).unwrap();
        jwk.common.key_id = Some(id.to_owned());
        Self { private, algorithm, jwk: serde_json::to_value(jwk).unwrap() }
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(self.jwk["kid"].as_str().unwrap(), claims)
    }

    /// Under the name of another key.
    pub(crate) fn sign_as(&self, id: &str, claims: &Value) -> String {
        let header = Header { kid: Some(id.to_owned()), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.private).unwrap()
    }
}

pub(crate) fn jwks(keys: &[&Key]) -> String {
    json!({ "keys": keys.iter().map(|key| key.jwk.clone()).collect::<Vec<_>>() }).to_string()
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Good claims of a user, valid for an hour.
pub(crate) fn claims(org: &str, role: &str, sub: &str) -> Value {
    json!({ "iss": USERS, "aud": AUDIENCE, "sub": sub, "iat": now(), "exp": now() + 3600,
            "org_id": org, "org_role": role })
}

pub(crate) fn service_claims(name: &str) -> Value {
    json!({ "iss": SERVICES, "aud": AUDIENCE, "sub": name, "iat": now(), "exp": now() + 600 })
}

/// The same claims with some replaced; null takes one away.
pub(crate) fn but(mut claims: Value, replaced: &Value) -> Value {
    let fields = claims.as_object_mut().unwrap();
    for (name, value) in replaced.as_object().unwrap() {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    claims
}
