//! Somebody who vouches for callers, ready to prove tokens.

use std::str::FromStr as _;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use serde::de::IgnoredAny;
use xentri_domain::kernel::{Grant, Grants};
use xentri_schemas::{ErrorKind, Problem};

use super::claims::{Claims, Seconds};
use super::identity::Identity;
use super::key_set::Key;
use super::key_store::{KeyStore, Loaded};
use super::refusal::Refusal;
use super::settings::{ActorKind, AuthFault, IssuerSettings};

pub(super) struct Issuer {
    pub(super) name: String,
    pub(super) audience: String,
    pub(super) actor: ActorKind,
    pub(super) grants: Grants,
    pub(super) keys: Arc<KeyStore>,
}

/// What of a token's header counts. `jku`, `x5u`, `jwk` and `x5c` would let a token bring its own key.
#[derive(Debug, Deserialize)]
pub(super) struct TokenHeader {
    alg: String,
    kid: Option<String>,
    crit: Option<IgnoredAny>,
}

/// The one claim that is read before anything is proved: it says with whose keys to prove it.
#[derive(Debug, Deserialize)]
pub(super) struct IssuerClaim {
    pub(super) iss: Option<String>,
}

/// Header and issuer of a token that is not proved yet.
pub(super) fn peek(token: &str) -> Result<(TokenHeader, IssuerClaim), Refusal> {
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::Malformed);
    };
    let bytes = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| Refusal::Malformed);
    let header = serde_json::from_slice(&bytes(header)?).map_err(|_| Refusal::Malformed)?;
    let claims = serde_json::from_slice(&bytes(claims)?).map_err(|_| Refusal::Malformed)?;
    Ok((header, claims))
}

impl Issuer {
    pub(super) fn grants(settings: &IssuerSettings) -> Result<Grants, AuthFault> {
        if settings.actor == ActorKind::User && !settings.grants.is_empty() {
            return Err(AuthFault::GrantsOfUsers(settings.name.clone()));
        }
        let parse = |word: &String| {
            let bad =
                |source| AuthFault::BadGrant { issuer: settings.name.clone(), grant: word.clone(), source };
            Grant::parse(word).map_err(bad)
        };
        settings.grants.iter().map(parse).collect()
    }

    /// The identity, until when it holds, and by which generation of keys.
    pub(super) async fn prove(
        &self,
        token: &str,
        header: &TokenHeader,
        now: Seconds,
        leeway: f64,
    ) -> Result<(Identity, Seconds, u64), Problem> {
        if header.crit.is_some() {
            return Err(Refusal::Critical.into());
        }
        let algorithm = Algorithm::from_str(&header.alg).map_err(|_| Refusal::Algorithm)?;
        let loaded = self.keys_for(header).await?;
        let key = loaded.keys.find(header.kid.as_deref()).ok_or(Refusal::UnknownKey)?;
        if key.algorithm != algorithm {
            return Err(Refusal::Algorithm.into());
        }
        let claims = proved_claims(token, key)?;
        if claims.iss.as_ref() != Some(&self.name) {
            return Err(Refusal::Issuer.into());
        }
        let expires = claims.check(&self.audience, now, leeway)?;
        let identity = Identity::of(claims, &self.name, self.actor, &self.grants)?;
        Ok((identity, expires, loaded.generation))
    }

    /// The keys that have the token's, where it can be had.
    async fn keys_for(&self, header: &TokenHeader) -> Result<Loaded, Problem> {
        let loaded = self.keys.current().await.ok_or_else(|| {
            Problem::new(ErrorKind::UNAVAILABLE)
                .detail("The keys of the token's issuer can't be had.")
                .retry_after(10)
        })?;
        let is_known = loaded.keys.find(header.kid.as_deref()).is_some();
        if is_known || header.kid.is_none() {
            return Ok(loaded);
        }
        Ok(self.keys.newer_than(&loaded).await.unwrap_or(loaded))
    }
}

/// Only the signature is looked at here; what the claims say is checked against our own clock.
fn proved_claims(token: &str, key: &Key) -> Result<Claims, Refusal> {
    use jsonwebtoken::errors::ErrorKind as Fault;
    let mut validation = Validation::new(key.algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let data = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation);
    let data = data.map_err(|error| match error.kind() {
        Fault::Base64(_) | Fault::Json(_) | Fault::Utf8(_) | Fault::InvalidToken => Refusal::Malformed,
        _ => Refusal::Signature,
    })?;
    Ok(data.claims)
}
