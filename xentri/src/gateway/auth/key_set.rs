//! The keys of an issuer, each for one algorithm.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

pub(super) struct Key {
    id: Option<String>,
    /// The only one that this key proves anything with, whatever a token's header says.
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

pub(super) struct KeySet {
    keys: Vec<Key>,
    content: [u8; 32],
}

#[derive(Debug, Error)]
pub(super) enum KeySetError {
    #[error("it is no JWKS: {0}")]
    NotRead(#[from] serde_json::Error),
    #[error("it has no key that signatures can be checked with")]
    NoKey,
}

/// Not `jsonwebtoken`'s: there one key that it can't read spoils the others.
#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// Keys that are for something else, or of a kind that is not taken, are passed over.
    pub(super) fn parse(jwks: &[u8]) -> Result<Self, KeySetError> {
        let found: Jwks = serde_json::from_slice(jwks)?;
        let mut keys: Vec<Key> = Vec::new();
        for jwk in found.keys {
            let read = serde_json::from_value::<Jwk>(jwk).ok();
            match read.and_then(|jwk| Key::of(&jwk)) {
                Some(key) if keys.iter().any(|other| other.id == key.id) => {
                    tracing::warn!("two keys of a JWKS have the same id; the first is taken");
                }
                Some(key) => keys.push(key),
                None => tracing::debug!("a key of a JWKS is of no use here"),
            }
        }
        if keys.is_empty() { Err(KeySetError::NoKey) } else { Ok(Self::with(keys, jwks)) }
    }

    /// One shared secret, as long as nobody but this installation has it.
    pub(super) fn secret(secret: &[u8]) -> Self {
        let decoding = DecodingKey::from_secret(secret);
        Self::with(vec![Key { id: None, algorithm: Algorithm::HS256, decoding }], secret)
    }

    fn with(keys: Vec<Key>, content: &[u8]) -> Self {
        Self { keys, content: Sha256::digest(content).into() }
    }

    /// The key of that id; without one the only key there is.
    pub(super) fn find(&self, id: Option<&str>) -> Option<&Key> {
        match (id, self.keys.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(id), keys) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
        }
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.content == other.content
    }
}

impl Key {
    fn of(jwk: &Jwk) -> Option<Self> {
        let common = &jwk.common;
        let is_for_signatures = !matches!(&common.public_key_use, Some(other) if *other != PublicKeyUse::Signature)
            && common.key_operations.as_ref().is_none_or(|uses| uses.contains(&KeyOperations::Verify));
        let algorithm = is_for_signatures.then(|| algorithm(jwk)).flatten()?;
        let decoding = DecodingKey::from_jwk(jwk).ok()?;
        Some(Self { id: common.key_id.clone(), algorithm, decoding })
    }
}

/// What the JWK says, where its kind allows it; else the usual one of its kind. Never a shared secret: a JWKS is public.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    let fitting: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => &[RS256, RS384, RS512, PS256, PS384, PS512],
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => &[ES256],
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => &[ES384],
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => &[EdDSA],
        _ => &[],
    };
    match jwk.common.key_algorithm {
        None => fitting.first().copied(),
        Some(named) => fitting.iter().copied().find(|one| KeyAlgorithm::from(*one) == named),
    }
}
