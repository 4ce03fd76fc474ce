//! Keys, and what is sealed under them, so that a person can be forgotten although their events stay.
//!
//! A master key, outside the database, wraps one key per org; an org's key wraps one key per person; a person's key
//! seals their fields. Destroying a key makes everything below it unreadable for ever. [`KeyRing`] is the part that
//! knows the database and keeps open keys for a while; everything else here needs neither.
//!
//! What is written stays readable only as long as none of this changes. Each key is made of the one on its left by
//! HKDF-SHA256 with that label, without salt; sealed data has the format of `cipher.rs`; ids are 16 bytes.
//!
//! | of | label | for | associated data |
//! |---|---|---|---|
//! | master key | `xentri/v1/master/org-keys` | org key, 32 bytes | org |
//! | master key | `xentri/v1/derived/{label}` | tokens, cursors | what their user says |
//! | org key | `xentri/v1/org/subject-keys` | subject key, 32 bytes | org ‖ subject |
//! | org key | `xentri/v1/org/receipts` | HMAC-SHA256 of a command | |
//! | subject key | none: itself | field, UTF-8, in base64url | org ‖ subject ‖ event ‖ JSON pointer |
//!
//! The name of a master key is `m-` and the first 12 hexadecimal digits of `sha256("xentri/v1/master/name" ‖ key)`.

mod cipher;
mod derived;
mod field;
mod keeper;
mod master;
mod master_file;
mod org;
mod ring;
mod secret;
mod subject;

#[cfg(test)]
mod golden;

pub use cipher::{OpenError, SealError};
pub use derived::DerivedKeys;
pub use field::{FieldContext, FieldError, open_fields, seal_fields};
pub use keeper::{KeeperError, Keeping, KeyKeeper, Wrapped};
pub use master::{MasterKeyError, MasterKeys};
pub use org::OrgKey;
pub use ring::{
    KeyRing, KeyRingError, OpeningError, Rotation, RotationError, Sealer, SealingError, ShardOpener,
    subject_streams_in_tx,
};
pub use secret::{NoRandomness, SecretKey};
pub use subject::{SubjectKey, SubjectKeyError};
