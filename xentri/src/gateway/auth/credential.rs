//! Finding the token in a request.

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::refusal::{BadOrgHeader, Refusal};

const SESSION: &str = "xentri_session";
const ORG: HeaderName = HeaderName::from_static("x-org-id");

/// More is refused before anything is computed with it.
const LONGEST: usize = 8 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Header,
    Cookie,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Credential<'a> {
    pub(super) token: &'a str,
    pub(super) place: Place,
}

impl<'a> Credential<'a> {
    /// Where there is an `Authorization`, it alone counts, even if it is worth nothing: no page of somebody else's can make
    /// a browser send one, so the cookie beside it is no danger.
    pub(super) fn find(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let mut authorizations = headers.get_all(AUTHORIZATION).iter();
        let found = match (authorizations.next(), authorizations.next()) {
            (Some(_), Some(_)) => return Err(Refusal::SeveralTokens),
            (Some(value), None) => Self { token: bearer(value)?, place: Place::Header },
            (None, _) => Self { token: session(headers)?, place: Place::Cookie },
        };
        if found.token.len() > LONGEST { Err(Refusal::TooLong) } else { Ok(found) }
    }

    /// Writes and upgrades: what a browser would do with the cookie for any page.
    pub(super) fn needs_origin(self, method: &Method, headers: &HeaderMap) -> bool {
        let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        self.place == Place::Cookie && (!reads || headers.contains_key(http::header::UPGRADE))
    }
}

fn bearer(value: &HeaderValue) -> Result<&str, Refusal> {
    let text = value.to_str().map_err(|_| Refusal::NotBearer)?;
    let (scheme, token) = text.split_once(' ').ok_or(Refusal::NotBearer)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim_matches(' ')) } else { Err(Refusal::NotBearer) }
}

/// Of two cookies of the name one may have been planted from a neighbouring domain.
fn session(headers: &HeaderMap) -> Result<&str, Refusal> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut tokens = pairs.filter(|(name, _)| *name == SESSION).map(|(_, token)| token);
    match (tokens.next(), tokens.next()) {
        (Some(token), None) => Ok(token),
        (None, _) => Err(Refusal::NoToken),
        _ => Err(Refusal::SeveralTokens),
    }
}

/// What `x-org-id` says.
pub(super) fn named_org(headers: &HeaderMap) -> Result<Option<&str>, BadOrgHeader> {
    let mut names = headers.get_all(ORG).iter();
    match (names.next(), names.next()) {
        (None, _) => Ok(None),
        (Some(name), None) => name.to_str().map(Some).map_err(|_| BadOrgHeader::NotAscii),
        _ => Err(BadOrgHeader::Repeated),
    }
}
