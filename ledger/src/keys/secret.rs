//! 32 secret bytes, and new keys made of them.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroize;

/// A key of whatever kind. It wipes itself when dropped and is shown nowhere.
///
/// On the heap, so that moving it leaves no copy behind; and not `Clone`, so that there is one place to wipe.
pub struct SecretKey(Box<[u8; Self::LEN]>);

#[derive(Debug, Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness(#[from] getrandom::Error);

impl SecretKey {
    pub const LEN: usize = 32;

    pub fn random() -> Result<Self, NoRandomness> {
        let mut key = Self::zero();
        getrandom::fill(&mut *key.0)?;
        Ok(key)
    }

    /// A copy of bytes that the caller wipes; none when they are not 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Self::zero();
        (bytes.len() == Self::LEN).then(|| key.0.copy_from_slice(bytes))?;
        Some(key)
    }

    /// For whoever wraps it outside of this process.
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// A key of its own for every label (HKDF-SHA256 without salt). No two uses of a key may share a label.
    #[must_use]
    pub(super) fn derive(&self, label: &str) -> Self {
        let mut key = Self::zero();
        let expanded = Hkdf::<Sha256>::new(None, &*self.0).expand(label.as_bytes(), &mut *key.0);
        // Passing over it would hand out a key of zeros.
        let Ok(()) = expanded else { unreachable!("HKDF gives up to 8160 bytes") };
        key
    }

    fn zero() -> Self {
        Self(Box::new([0; Self::LEN]))
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::SecretKey;

    #[test]
    fn a_key_is_random_and_32_bytes() {
        let (one, other) = (SecretKey::random().unwrap(), SecretKey::random().unwrap());
        assert_ne!(one.as_bytes(), other.as_bytes());
        assert_eq!(SecretKey::from_slice(one.as_bytes()).unwrap().as_bytes(), one.as_bytes());
        assert!(SecretKey::from_slice(&[1; 31]).is_none());
        assert!(SecretKey::from_slice(&[1; 33]).is_none());
    }

    #[test]
    fn labels_part_keys() {
        let key = SecretKey::random().unwrap();
        assert_eq!(key.derive("a").as_bytes(), key.derive("a").as_bytes());
        assert_ne!(key.derive("a").as_bytes(), key.derive("b").as_bytes());
        assert_ne!(key.derive("a").as_bytes(), key.as_bytes());
    }

    #[test]
    fn nothing_of_a_key_is_shown() {
        assert_eq!(format!("{:?}", SecretKey::from_slice(&[65; 32])), "Some((secret))");
    }
}
