//! Where an issuer's keys come from.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, Url};
use xentri_schemas::Environment;

use super::key_set::KeySet;
use super::settings::{AuthFault, IssuerSettings};
use crate::client::client_for;

/// An issuer that takes longer is treated as one that does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The largest JWKS that is read.
const LARGEST: usize = 256 * 1024;

#[derive(Debug, Clone)]
pub(super) enum KeySource {
    File(PathBuf),
    Url(Client, Url),
}

impl KeySource {
    pub(super) fn of(issuer: &IssuerSettings, environment: Environment) -> Result<Self, AuthFault> {
        match (&issuer.jwks_url, &issuer.jwks_file) {
            (None, Some(file)) => Ok(Self::File(file.clone())),
            (Some(raw), None) => {
                let url = Url::parse(raw).ok().filter(|url| {
                    url.scheme() == "https" || (url.scheme() == "http" && environment == Environment::Local)
                });
                let bad = || AuthFault::BadUrl { issuer: issuer.name.clone(), url: raw.clone() };
                let url = url.ok_or_else(bad)?;
                Ok(Self::Url(client_for(&url, PATIENCE).map_err(AuthFault::NoClient)?, url))
            }
            _ => Err(AuthFault::OneSource(issuer.name.clone())),
        }
    }

    /// Says why not in words for the log.
    pub(super) async fn read(&self) -> Result<KeySet, String> {
        let content = match self {
            Self::File(path) => tokio::fs::read(path).await.map_err(|error| error.to_string())?,
            Self::Url(client, url) => fetch(client, url.clone()).await?,
        };
        KeySet::parse(&content).map_err(|error| error.to_string())
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }
}

async fn fetch(client: &Client, url: Url) -> Result<Vec<u8>, String> {
    let words = |error: reqwest::Error| error.to_string();
    let answer = client.get(url).send().await.map_err(words)?;
    if !answer.status().is_success() {
        return Err(format!("the answer is {}", answer.status()));
    }
    let mut answer = answer;
    let mut content = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(words)? {
        content.extend_from_slice(&chunk);
        if content.len() > LARGEST {
            return Err(format!("it is larger than {LARGEST} bytes"));
        }
    }
    Ok(content)
}

impl std::fmt::Display for KeySource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Url(_, url) => url.fmt(formatter),
        }
    }
}
