//! Sealing bytes under a key, and opening them again.
//!
//! Version 1 is `01 ‖ nonce (24) ‖ ciphertext ‖ tag (16)`, XChaCha20-Poly1305. Its nonces are long enough to be
//! random without ever meeting again. What was sealed once must open for ever: another cipher gets another
//! version, and this one stays.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use thiserror::Error;
use zeroize::Zeroizing;

use super::secret::{NoRandomness, SecretKey};

const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
/// Where the ciphertext begins.
const HEAD: usize = 1 + NONCE;

#[derive(Debug, Error)]
pub enum SealError {
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    #[error("too long to be sealed")]
    TooLong,
}

/// Says nothing of what is inside, nor which of key, context and bytes is wrong: that can't be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OpenError {
    #[error("it is too short to be sealed data")]
    TooShort,
    #[error("it is sealed in version {0}, which this program does not know")]
    UnknownVersion(u8),
    #[error("it is not authentic: it was changed, moved, or sealed under another key")]
    NotAuthentic,
    #[error("what was sealed is no key")]
    NoKey,
}

impl SecretKey {
    /// `associated` is not kept, but whoever opens must give the same.
    pub fn seal(&self, associated: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(NoRandomness::from)?;
        let mut sealed = Vec::with_capacity(HEAD + plaintext.len() + TAG);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let tag = self
            .cipher()
            .encrypt_inout_detached(&XNonce::from(nonce), associated, (&mut sealed[HEAD..]).into())
            .map_err(|_| SealError::TooLong)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    pub fn open(&self, associated: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (&version, rest) = sealed.split_first().ok_or(OpenError::TooShort)?;
        if version != VERSION {
            return Err(OpenError::UnknownVersion(version));
        }
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or(OpenError::TooShort)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG>().ok_or(OpenError::TooShort)?;
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        self.cipher()
            .decrypt_inout_detached(
                &XNonce::from(*nonce),
                associated,
                plaintext.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| OpenError::NotAuthentic)?;
        Ok(plaintext)
    }

    pub(super) fn wrap(&self, associated: &[u8], key: &Self) -> Result<Vec<u8>, SealError> {
        self.seal(associated, key.as_bytes())
    }

    pub(super) fn unwrap(&self, associated: &[u8], wrapped: &[u8]) -> Result<Self, OpenError> {
        Self::from_slice(&self.open(associated, wrapped)?).ok_or(OpenError::NoKey)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.as_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{HEAD, OpenError, TAG};
    use crate::keys::SecretKey;

    fn key() -> SecretKey {
        SecretKey::random().unwrap()
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_to_the_same(associated: Vec<u8>, plaintext: Vec<u8>) {
            let key = key();
            let sealed = key.seal(&associated, &plaintext).unwrap();
            prop_assert_eq!(sealed.len(), HEAD + plaintext.len() + TAG);
            prop_assert_eq!(&*key.open(&associated, &sealed).unwrap(), &plaintext);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            prop_assert!(key().open(b"", &bytes).is_err());
        }
    }

    #[test]
    fn two_sealings_of_one_text_differ() {
        let key = key();
        assert_ne!(key.seal(b"", b"Ada").unwrap(), key.seal(b"", b"Ada").unwrap());
    }

    #[test]
    fn a_change_of_any_bit_is_refused() {
        let key = key();
        let sealed = key.seal(b"here", b"Ada").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let expected =
                if bit < 8 { OpenError::UnknownVersion(changed[0]) } else { OpenError::NotAuthentic };
            assert_eq!(key.open(b"here", &changed).unwrap_err(), expected, "bit {bit}");
        }
    }

    #[test]
    fn another_key_another_context_and_cut_bytes_are_refused() {
        let key = key();
        let sealed = key.seal(b"here", b"Ada").unwrap();
        assert_eq!(super::SecretKey::open(&self::key(), b"here", &sealed), Err(OpenError::NotAuthentic));
        assert_eq!(key.open(b"there", &sealed), Err(OpenError::NotAuthentic));
        for length in 0..sealed.len() {
            let expected = if length < HEAD + TAG { OpenError::TooShort } else { OpenError::NotAuthentic };
            assert_eq!(key.open(b"here", &sealed[..length]), Err(expected), "{length}");
        }
    }

    #[test]
    fn a_wrapped_key_comes_back_and_other_data_is_no_key() {
        let (outer, inner) = (key(), key());
        let wrapped = outer.wrap(b"org", &inner).unwrap();
        assert_eq!(outer.unwrap(b"org", &wrapped).unwrap().as_bytes(), inner.as_bytes());
        let short = outer.seal(b"org", &[7; 31]).unwrap();
        assert_eq!(outer.unwrap(b"org", &short).unwrap_err(), OpenError::NoKey);
    }
}
