//! The key of one person, within one org.

use std::fmt;

use thiserror::Error;
use xentri_domain::kernel::{OrgId, SubjectId};

use super::cipher::OpenError;
use super::secret::{NoRandomness, SecretKey};

/// Seals what an org knows about a person; when it is destroyed, they are forgotten.
pub struct SubjectKey(SecretKey);

#[derive(Debug, Clone, Copy, Error)]
#[error("the key of subject {subject} of org {org} does not open under the org's key")]
pub struct SubjectKeyError {
    pub org: OrgId,
    pub subject: SubjectId,
    #[source]
    pub error: OpenError,
}

impl SubjectKey {
    pub fn random() -> Result<Self, NoRandomness> {
        SecretKey::random().map(Self)
    }

    pub(super) fn new(secret: SecretKey) -> Self {
        Self(secret)
    }

    pub(super) fn secret(&self) -> &SecretKey {
        &self.0
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(subject key)")
    }
}
