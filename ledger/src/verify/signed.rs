//! A line of JSON with a signature at its end, over every byte that stands before the signature.
//!
//! So a verifier cuts and never has to write JSON in some canonical form. What a line is stands in its first
//! field, which keeps a signature from being good for a line of another kind.

use thiserror::Error;

use super::hex;
use super::key::{CheckpointKey, PublicKey};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignatureError {
    #[error("it carries no signature")]
    None,
    #[error("it is signed with the key {key_id}, which is not one of those given")]
    UnknownKey { key_id: String },
    #[error("its signature does not fit: it was changed, or not signed with that key")]
    Bad,
}

const KEY_ID: &str = r#","key_id":""#;
const SIGNATURE: &str = r#"","signature":""#;

/// `open` is an object without its last brace.
pub(super) fn sign(open: &str, key: &CheckpointKey) -> String {
    let text = format!("{open}{KEY_ID}{}\"", key.public().id());
    let signature = hex::encode(&key.sign(text.as_bytes()));
    format!(r#"{text},"signature":"{signature}"}}"#)
}

/// What was signed, without its last brace.
pub(super) fn verify<'a>(line: &'a str, keys: &[PublicKey]) -> Result<&'a str, SignatureError> {
    let (text, signature) = line.rsplit_once(SIGNATURE).ok_or(SignatureError::None)?;
    let signature = signature.strip_suffix("\"}").and_then(hex::decode).ok_or(SignatureError::None)?;
    let (open, key_id) = text.rsplit_once(KEY_ID).ok_or(SignatureError::None)?;
    let key = keys.iter().find(|key| key.id() == key_id);
    let key = key.ok_or_else(|| SignatureError::UnknownKey { key_id: shown(key_id) })?;
    let message = line.get(..text.len() + 1).ok_or(SignatureError::None)?;
    if key.has_signed(message.as_bytes(), &signature) { Ok(open) } else { Err(SignatureError::Bad) }
}

/// Reads what [`verify`] found to be signed.
pub(super) fn read<T: serde::de::DeserializeOwned>(open: &str) -> Option<T> {
    serde_json::from_str(&[open, "}"].concat()).ok()
}

/// A stranger wrote it: nothing but digits reaches a log.
fn shown(key_id: &str) -> String {
    key_id.chars().filter(char::is_ascii_hexdigit).take(16).collect()
}
