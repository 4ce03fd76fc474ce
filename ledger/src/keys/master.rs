//! Master keys that this process itself holds.

use std::fmt;
use std::future::ready;

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};
use thiserror::Error;
use xentri_domain::kernel::OrgId;
use zeroize::Zeroizing;

use super::derived::DerivedKeys;
use super::keeper::{KeeperError, Keeping, KeyKeeper, Wrapped};
use super::org::OrgKey;
use super::secret::{NoRandomness, SecretKey};

/// The first wraps; all unwrap.
///
/// To rotate: put the new key last everywhere, so that every process can unwrap with it; then first; when every org
/// key is wrapped anew, take the old one away.
pub struct MasterKeys {
    current: MasterKey,
    older: Vec<MasterKey>,
}

struct MasterKey {
    /// Made of the key, so that no configuration can give it another's.
    name: String,
    root: SecretKey,
    org_keys: SecretKey,
}

/// Names places, files and keys' names, never a key.
#[derive(Debug, Error)]
pub enum MasterKeyError {
    #[error("there is no master key in {place}")]
    None { place: String },
    #[error("{place} is not a key: base64 of 32 bytes, as `openssl rand -base64 32` makes it")]
    NoKey { place: String },
    #[error("{place} is master key {name} for the second time")]
    Twice { place: String, name: String },
    #[error("others can read the master keys in {path} (its mode is {mode:04o}): run `chmod 600 {path}`")]
    ReadableByOthers { path: String, mode: u32 },
    #[error("{path} exists; it is left as it is, for its keys may be in use")]
    Exists { path: String },
    #[error("the master keys in {path} can't be read")]
    Read {
        path: String,
        #[source]
        error: std::io::Error,
    },
    #[error("a master key can't be written to {path}")]
    Write {
        path: String,
        #[source]
        error: std::io::Error,
    },
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl MasterKeys {
    /// From a variable: base64, several separated by commas.
    pub fn from_text(text: &str) -> Result<Self, MasterKeyError> {
        let keys = text.split(',').enumerate().map(|(n, key)| (format!("entry {}", n + 1), key));
        Self::collect("the list", keys.filter(|_| !text.trim().is_empty()))
    }

    /// From texts, each with the words by which an error names its place.
    pub(super) fn collect<'a>(
        whole: &str,
        entries: impl Iterator<Item = (String, &'a str)>,
    ) -> Result<Self, MasterKeyError> {
        let mut keys: Vec<MasterKey> = Vec::new();
        for (place, text) in entries {
            let Some(key) = MasterKey::parse(text.trim()) else {
                return Err(MasterKeyError::NoKey { place });
            };
            if keys.iter().any(|other| other.name == key.name) {
                return Err(MasterKeyError::Twice { place, name: key.name });
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        let current = keys.next().ok_or_else(|| MasterKeyError::None { place: whole.to_owned() })?;
        Ok(Self { current, older: keys.collect() })
    }

    /// In the order in which they were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all().map(|key| key.name.as_str())
    }

    fn all(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.current).chain(&self.older)
    }

    fn unwrap_now(&self, org: OrgId, wrapped: &Wrapped) -> Result<OrgKey, KeeperError> {
        let master_key = wrapped.master_key.clone();
        let Some(key) = self.all().find(|key| key.name == master_key) else {
            let known = self.names().collect::<Vec<_>>().join(", ");
            return Err(KeeperError::UnknownMasterKey { org, master_key, known });
        };
        key.org_keys
            .unwrap(org.uuid().as_bytes(), &wrapped.bytes)
            .map(OrgKey::new)
            .map_err(|error| KeeperError::Unwrap { org, master_key, error })
    }
}

impl KeyKeeper for MasterKeys {
    fn current(&self) -> &str {
        &self.current.name
    }

    fn wrap<'a>(&'a self, org: OrgId, key: &'a OrgKey) -> Keeping<'a, Wrapped> {
        let MasterKey { name, org_keys, .. } = &self.current;
        let wrapped = org_keys.wrap(org.uuid().as_bytes(), key.root());
        Box::pin(ready(match wrapped {
            Ok(bytes) => Ok(Wrapped { master_key: name.clone(), bytes }),
            Err(error) => Err(KeeperError::Wrap { org, error }),
        }))
    }

    fn unwrap<'a>(&'a self, org: OrgId, wrapped: &'a Wrapped) -> Keeping<'a, OrgKey> {
        Box::pin(ready(self.unwrap_now(org, wrapped)))
    }

    fn derive<'a>(&'a self, label: &'a str) -> Keeping<'a, DerivedKeys> {
        let label = format!("xentri/v1/derived/{label}");
        let older = self.older.iter().map(|key| key.root.derive(&label)).collect();
        Box::pin(ready(Ok(DerivedKeys::new(self.current.root.derive(&label), older))))
    }
}

impl MasterKey {
    fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64.decode(text.as_bytes()).ok()?);
        SecretKey::from_slice(&bytes).map(Self::new)
    }

    fn new(root: SecretKey) -> Self {
        let digest = Sha256::new().chain_update("xentri/v1/master/name").chain_update(root.as_bytes());
        let name = format!("m-{}", HEXLOWER.encode(&digest.finalize()[..6]));
        Self { name, org_keys: root.derive("xentri/v1/master/org-keys"), root }
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests;
