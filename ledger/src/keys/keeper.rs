//! Whoever keeps the master keys: this process, or a service that never lets them out.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;

use thiserror::Error;
use xentri_domain::kernel::OrgId;

use super::cipher::{OpenError, SealError};
use super::derived::DerivedKeys;
use super::org::OrgKey;

pub type Keeping<'a, T> = Pin<Box<dyn Future<Output = Result<T, KeeperError>> + Send + 'a>>;

/// Wraps the keys of orgs, and makes the keys for what the system hands out.
///
/// A rotation adds a master key and makes it the current one; the older ones go on unwrapping until no org key is left
/// under them.
pub trait KeyKeeper: Send + Sync + fmt::Debug {
    /// The name of the master key that wraps: an org key under another one is still to be wrapped anew.
    fn current(&self) -> &str;

    /// Bound to the org: it unwraps for no other.
    fn wrap<'a>(&'a self, org: OrgId, key: &'a OrgKey) -> Keeping<'a, Wrapped>;

    fn unwrap<'a>(&'a self, org: OrgId, wrapped: &'a Wrapped) -> Keeping<'a, OrgKey>;

    /// The same for the same label, in every process and after every restart.
    fn derive<'a>(&'a self, label: &'a str) -> Keeping<'a, DerivedKeys>;
}

/// An org's key under a master key.
#[derive(Clone, PartialEq, Eq)]
pub struct Wrapped {
    pub master_key: String,
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Wrapped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "(wrapped by {})", self.master_key)
    }
}

#[derive(Debug, Error)]
pub enum KeeperError {
    #[error(
        "the key of org {org} is wrapped by master key {master_key}, which is not here; there are: {known}"
    )]
    UnknownMasterKey { org: OrgId, master_key: String, known: String },
    #[error("the key of org {org} does not open under master key {master_key}")]
    Unwrap {
        org: OrgId,
        master_key: String,
        #[source]
        error: OpenError,
    },
    #[error("the key of org {org} can't be wrapped")]
    Wrap {
        org: OrgId,
        #[source]
        error: SealError,
    },
    /// Of keepers outside this process: worth another try.
    #[error("the keeper of the master keys does not answer")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
}
