//! The key that signs checkpoints: a file beside the master key, and the public half for whoever verifies.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use xentri_domain::kernel::FormatError;
use zeroize::Zeroizing;

use super::hex;

/// Whoever has it can say that a history is genuine, so it belongs where the database's owner can't read it.
pub struct CheckpointKey(SigningKey);

#[derive(Debug, Error)]
pub enum KeyError {
    #[error("can't use {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
    #[error("{} can be read by others (mode {mode:03o}); it must be 600", path.display())]
    Shared { path: PathBuf, mode: u32 },
    #[error("{} holds no signing key: expected 64 lower-case hexadecimal digits", path.display())]
    Content { path: PathBuf },
    #[error("the system gives no random bytes")]
    Random(#[source] getrandom::Error),
}

impl CheckpointKey {
    /// Reads the file, or makes it with a new key.
    pub fn load_or_make(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::File { error, .. }) if error.kind() == ErrorKind::NotFound => {}
            found => return found,
        }
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(KeyError::Random)?;
        make_private(path, &hex::encode(seed.as_slice()).into()).map_err(in_file(path))?;
        // Not the one above: somebody else may have been first.
        Self::load(path)
    }

    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let mut file = File::open(path).map_err(in_file(path))?;
        let mode = file.metadata().map_err(in_file(path))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Shared { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::with_capacity(128));
        file.read_to_string(&mut text).map_err(in_file(path))?;
        let seed = hex::decode(text.trim_end()).map(Zeroizing::new);
        seed.map(|seed| Self::from_seed(&seed)).ok_or_else(|| KeyError::Content { path: path.to_owned() })
    }

    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for CheckpointKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CheckpointKey({})", self.public().id())
    }
}

fn in_file(path: &Path) -> impl Fn(io::Error) -> KeyError {
    move |error| KeyError::File { path: path.to_owned(), error }
}

/// It appears whole or not at all, and never in the place of another.
fn make_private(path: &Path, text: &Zeroizing<String>) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unfinished = path.with_added_extension(format!("{}.new", std::process::id()));
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    let made = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let placed = made.and_then(|()| match fs::hard_link(&unfinished, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    fs::remove_file(&unfinished)?;
    placed?;
    File::open(folder)?.sync_all()
}

/// Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Names the key in what it signed: the first 16 digits of its SHA-256.
    pub fn id(&self) -> String {
        let mut id = hex::encode(&Sha256::digest(self.0.as_bytes()));
        id.truncate(16);
        id
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl FromStr for PublicKey {
    type Err = FormatError;

    fn from_str(raw: &str) -> Result<Self, FormatError> {
        let key = hex::decode(raw).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        // A weak key would find the same signature good for many messages.
        key.filter(|key| !key.is_weak())
            .map(Self)
            .ok_or(FormatError::BadFormat { expected: "an Ed25519 public key in 64 hexadecimal digits" })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&hex::encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({self})")
    }
}
