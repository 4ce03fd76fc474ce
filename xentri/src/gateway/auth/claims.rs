//! What a token says, and whether it may be said now.

use serde::Deserialize;
use xentri_domain::kernel::Timestamp;

use super::refusal::Refusal;

/// Claims that nobody here knows are passed over.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: Option<String>,
    pub(super) sub: Option<String>,
    aud: Option<Audience>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    pub(super) org_id: Option<String>,
    pub(super) org_role: Option<String>,
    pub(super) org_permissions: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// A moment as tokens have it: seconds since 1970, with a fraction if their maker likes.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Seconds(pub(super) f64);

impl From<Timestamp> for Seconds {
    #[expect(clippy::cast_precision_loss, reason = "a moment is below 2^58 µs; what is lost is below 32 µs")]
    fn from(moment: Timestamp) -> Self {
        Self(moment.as_micros() as f64 / 1e6)
    }
}

impl Seconds {
    /// What lies beyond all time is its end.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast of a float takes the nearest number there is"
    )]
    pub(super) fn moment(self) -> Timestamp {
        Timestamp::from_micros((self.0 * 1e6) as i64).unwrap_or(Timestamp::MAX)
    }
}

impl Claims {
    /// Until when the token is good, the leeway counted in.
    pub(super) fn check(&self, audience: &str, now: Seconds, leeway: f64) -> Result<Seconds, Refusal> {
        let expires = self.exp.ok_or(Refusal::NoExpiry)? + leeway;
        if expires <= now.0 {
            return Err(Refusal::Expired);
        }
        if self.nbf.is_some_and(|from| from > now.0 + leeway) {
            return Err(Refusal::NotYetValid);
        }
        if self.iat.is_some_and(|issued| issued > now.0 + leeway) {
            return Err(Refusal::IssuedLater);
        }
        let is_for_us = match &self.aud {
            Some(Audience::One(one)) => one == audience,
            Some(Audience::Many(many)) => many.iter().any(|one| one == audience),
            None => false,
        };
        if is_for_us { Ok(Seconds(expires)) } else { Err(Refusal::Audience) }
    }
}
