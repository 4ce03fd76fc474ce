//! An org's key, and the keys that are made of it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use xentri_domain::kernel::{OrgId, SubjectId};
use zeroize::Zeroizing;

use super::cipher::SealError;
use super::secret::{NoRandomness, SecretKey};
use super::subject::{SubjectKey, SubjectKeyError};

/// Each use has a key of its own, derived from the org's.
pub struct OrgKey {
    root: SecretKey,
    subject_keys: SecretKey,
    receipts: Hmac<Sha256>,
}

impl OrgKey {
    pub fn random() -> Result<Self, NoRandomness> {
        SecretKey::random().map(Self::new)
    }

    pub fn new(root: SecretKey) -> Self {
        let subject_keys = root.derive("xentri/v1/org/subject-keys");
        let receipts = keyed(&root.derive("xentri/v1/org/receipts"));
        Self { root, subject_keys, receipts }
    }

    /// What a master key wraps; the derived keys can be made again.
    pub fn root(&self) -> &SecretKey {
        &self.root
    }

    /// HMAC-SHA256 of a command, so that a receipt tells a repeated one from another without keeping it.
    pub fn receipt_mac(&self, message: &[u8]) -> [u8; 32] {
        self.receipts.clone().chain_update(message).finalize().into_bytes().into()
    }

    /// Bound to org and subject: it unwraps for no other.
    pub fn wrap_subject(
        &self,
        org: OrgId,
        subject: SubjectId,
        key: &SubjectKey,
    ) -> Result<Vec<u8>, SealError> {
        self.subject_keys.wrap(&subject_context(org, subject), key.secret())
    }

    pub fn unwrap_subject(
        &self,
        org: OrgId,
        subject: SubjectId,
        wrapped: &[u8],
    ) -> Result<SubjectKey, SubjectKeyError> {
        self.subject_keys
            .unwrap(&subject_context(org, subject), wrapped)
            .map(SubjectKey::new)
            .map_err(|error| SubjectKeyError { org, subject, error })
    }
}

fn subject_context(org: OrgId, subject: SubjectId) -> [u8; 32] {
    let mut context = [0; 32];
    context[..16].copy_from_slice(org.uuid().as_bytes());
    context[16..].copy_from_slice(subject.uuid().as_bytes());
    context
}

/// Padded to the block of SHA-256, as HMAC does itself: then no length is left to be refused.
fn keyed(key: &SecretKey) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; 64]);
    block[..SecretKey::LEN].copy_from_slice(key.as_bytes());
    Hmac::new((&*block).into())
}

impl fmt::Debug for OrgKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(org key)")
    }
}

#[cfg(test)]
mod tests {
    use xentri_domain::kernel::{OrgId, SubjectId};

    use super::{OrgKey, SubjectKey};
    use crate::keys::OpenError;

    fn org(n: u64) -> OrgId {
        OrgId::v7(n, [0; 10])
    }

    fn subject(n: u64) -> SubjectId {
        SubjectId::v7(n, [0; 10])
    }

    #[test]
    fn a_subject_key_unwraps_for_its_org_and_subject_alone() {
        let (key, person) = (OrgKey::random().unwrap(), SubjectKey::random().unwrap());
        let wrapped = key.wrap_subject(org(1), subject(2), &person).unwrap();
        let unwrapped = key.unwrap_subject(org(1), subject(2), &wrapped).unwrap();
        assert_eq!(unwrapped.secret().as_bytes(), person.secret().as_bytes());

        let other = OrgKey::random().unwrap();
        for (key, org, subject) in [
            (&key, org(3), subject(2)),
            (&key, org(1), subject(3)),
            (&key, org(2), subject(1)),
            (&other, org(1), subject(2)),
        ] {
            let error = key.unwrap_subject(org, subject, &wrapped).unwrap_err();
            assert_eq!((error.org, error.subject, error.error), (org, subject, OpenError::NotAuthentic));
        }
    }

    #[test]
    fn a_receipts_mac_depends_on_key_and_message() {
        let (key, other) = (OrgKey::random().unwrap(), OrgKey::random().unwrap());
        assert_eq!(key.receipt_mac(b"capture"), key.receipt_mac(b"capture"));
        assert_ne!(key.receipt_mac(b"capture"), key.receipt_mac(b"captured"));
        assert_ne!(key.receipt_mac(b"capture"), other.receipt_mac(b"capture"));
    }

    #[test]
    fn nothing_of_the_keys_is_shown() {
        assert_eq!(format!("{:?}", OrgKey::random().unwrap()), "(org key)");
        assert_eq!(format!("{:?}", SubjectKey::random().unwrap()), "(subject key)");
    }
}
