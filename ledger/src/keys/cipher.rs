//! Sealing bytes under a key, and opening them again.
//!
//! Version 1 is `01 ‖ nonce (24) ‖ ciphertext ‖ tag (16)`, XChaCha20-Poly1305. Its nonces are long enough to be
//! random without ever meeting again. They need not be secret, so they come from this thread's own generator (`ChaCha`, seeded
//! by the system again and again): asking the system for each costs more than sealing a name. Keys do come from the system.
//! What was sealed once must open for ever: another cipher gets another version, and this one stays.
//!
//! `XChaCha20` is `ChaCha20` under a key made of ours and the nonce's first 16 bytes; the rest is ring's, which takes a third of the
//! time over a short field.

use chacha20::{R20, hchacha};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, Tag, UnboundKey};
use thiserror::Error;
use zeroize::Zeroizing;

use super::secret::SecretKey;

const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
/// Where the ciphertext begins.
const HEAD: usize = 1 + NONCE;

#[derive(Debug, Error)]
pub enum SealError {
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
        rand::fill(&mut nonce);
        let mut sealed = Vec::with_capacity(HEAD + plaintext.len() + TAG);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let (cipher, rest) = self.cipher(&nonce);
        let tag = cipher
            .seal_in_place_separate_tag(rest, Aad::from(associated), &mut sealed[HEAD..])
            .map_err(|_| SealError::TooLong)?;
        sealed.extend_from_slice(tag.as_ref());
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
        let (cipher, rest) = self.cipher(nonce);
        cipher
            .open_in_place_separate_tag(rest, Aad::from(associated), Tag::from(*tag), &mut plaintext, 0..)
            .map_err(|_| OpenError::NotAuthentic)?;
        Ok(plaintext)
    }

    pub(super) fn wrap(&self, associated: &[u8], key: &Self) -> Result<Vec<u8>, SealError> {
        self.seal(associated, key.as_bytes())
    }

    pub(super) fn unwrap(&self, associated: &[u8], wrapped: &[u8]) -> Result<Self, OpenError> {
        Self::from_slice(&self.open(associated, wrapped)?).ok_or(OpenError::NoKey)
    }

    /// For one nonce, and what is left of that.
    fn cipher(&self, nonce: &[u8; NONCE]) -> (LessSafeKey, Nonce) {
        let (mut first, mut rest) = ([0; 16], [0; 12]);
        first.copy_from_slice(&nonce[..16]);
        rest[4..].copy_from_slice(&nonce[16..]);
        let key = hchacha::<R20>(self.as_bytes().into(), (&first).into());
        let key = Zeroizing::new(<[u8; SecretKey::LEN]>::from(key));
        let Ok(key) = UnboundKey::new(&CHACHA20_POLY1305, &*key) else {
            unreachable!("it is as long as a key is")
        };
        (LessSafeKey::new(key), Nonce::assume_unique_for_key(rest))
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
