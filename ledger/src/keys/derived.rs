//! Keys for what the system hands out and gets back: consistency tokens, cursors.

use zeroize::Zeroizing;

use super::cipher::{OpenError, SealError};
use super::secret::SecretKey;

/// One key for one purpose, made of the master key, and the same of the master keys before it: a cursor that somebody
/// kept stays good through a rotation.
#[derive(Debug)]
pub struct DerivedKeys {
    current: SecretKey,
    older: Vec<SecretKey>,
}

impl DerivedKeys {
    pub fn new(current: SecretKey, older: Vec<SecretKey>) -> Self {
        Self { current, older }
    }

    pub fn seal(&self, associated: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        self.current.seal(associated, plaintext)
    }

    pub fn open(&self, associated: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.current
            .open(associated, sealed)
            .or_else(|error| self.older.iter().find_map(|key| key.open(associated, sealed).ok()).ok_or(error))
    }
}

#[cfg(test)]
mod tests {
    use super::{DerivedKeys, OpenError};
    use crate::keys::SecretKey;

    #[test]
    fn what_an_older_key_sealed_still_opens() {
        let key = |byte| SecretKey::from_slice(&[byte; 32]).unwrap();
        let before = DerivedKeys::new(key(1), vec![]);
        let after = DerivedKeys::new(key(2), vec![key(1)]);
        let old = before.seal(b"cursor", b"7").unwrap();
        let new = after.seal(b"cursor", b"8").unwrap();
        assert_eq!(*after.open(b"cursor", &old).unwrap(), b"7");
        assert_eq!(*after.open(b"cursor", &new).unwrap(), b"8");
        assert_eq!(before.open(b"cursor", &new), Err(OpenError::NotAuthentic));
        assert_eq!(after.open(b"token", &old), Err(OpenError::NotAuthentic));
    }
}
