//! What a writer gets to prove to readers how far they have to be: its own write.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{OrgId, StreamId};
use xentri_domain::registry::STREAM_TYPES;

use crate::keys::{DerivedKeys, SealError};
use crate::shard::Shard;

/// Of the keys that seal it.
pub const CONSISTENCY_LABEL: &str = "consistency";

/// A place in the ledger that a reader must have passed, and the stream that was written: a reader for whom it is parked
/// says so. Sealed: a tenant sees no positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsistencyToken {
    pub epoch: u64,
    pub shard: Shard,
    pub position: u64,
    pub stream: StreamRef,
}

/// All are as long as that when they are sealed, whatever is in them: else the length would tell how many digits a position
/// has, and with it how much all orgs of a shard have written. More than any position of this age comes to.
const LENGTH: usize = 96;

/// Not one of ours, of another org, or of keys that are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the consistency token can't be read")]
pub struct BadToken;

/// As it is sealed: short names, for it is in every answer.
#[derive(Serialize, Deserialize)]
struct Inside(u64, i32, u64, String, StreamId);

impl ConsistencyToken {
    /// Good in that org alone.
    pub fn seal(&self, org: OrgId, keys: &DerivedKeys) -> Result<String, SealError> {
        let Self { epoch, shard, position, stream } = *self;
        let inside = Inside(epoch, shard.number(), position, stream.stream_type.to_owned(), stream.id);
        // Numbers, a word and an id: JSON has a form for each.
        let mut text = serde_json::to_vec(&inside).unwrap_or_default();
        // White space after JSON means nothing.
        text.resize(text.len().max(LENGTH), b' ');
        Ok(BASE64URL_NOPAD.encode(&keys.seal(org.uuid().as_bytes(), &text)?))
    }

    pub fn open(token: &str, org: OrgId, keys: &DerivedKeys) -> Result<Self, BadToken> {
        let sealed = BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| BadToken)?;
        let text = keys.open(org.uuid().as_bytes(), &sealed).map_err(|_| BadToken)?;
        let Inside(epoch, shard, position, name, id) = serde_json::from_slice(&text).map_err(|_| BadToken)?;
        let shard = Shard::new(u16::try_from(shard).map_err(|_| BadToken)?);
        let stream_type = STREAM_TYPES.iter().find(|known| **known == name).ok_or(BadToken)?;
        Ok(Self { epoch, shard, position, stream: StreamRef { stream_type, id } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SecretKey;
    use xentri_domain::lead::Lead;

    fn keys(byte: u8) -> DerivedKeys {
        DerivedKeys::new(SecretKey::from_slice(&[byte; 32]).unwrap(), vec![])
    }

    #[test]
    fn a_token_opens_in_its_org_and_under_its_key_alone() {
        let org = OrgId::v7(1, [1; 10]);
        let stream = StreamRef::of::<Lead>(StreamId::v7(2, [2; 10]));
        let token = ConsistencyToken { epoch: 1, shard: Shard::new(7), position: 4_711, stream };
        let sealed = token.seal(org, &keys(1)).unwrap();
        assert_eq!(ConsistencyToken::open(&sealed, org, &keys(1)), Ok(token));
        for (sealed, org, keys) in [
            (sealed.as_str(), OrgId::v7(3, [1; 10]), keys(1)),
            (&sealed, org, keys(2)),
            (&sealed[1..], org, keys(1)),
            ("", org, keys(1)),
            ("ä", org, keys(1)),
        ] {
            assert_eq!(ConsistencyToken::open(sealed, org, &keys), Err(BadToken));
        }
    }

    #[test]
    fn a_token_is_as_long_as_any_other() {
        let org = OrgId::v7(1, [1; 10]);
        let length = |position, stream_type| {
            let stream = StreamRef { stream_type, id: StreamId::v7(2, [2; 10]) };
            let token = ConsistencyToken { epoch: 9999, shard: Shard::new(999), position, stream };
            token.seal(org, &keys(1)).unwrap().len()
        };
        for stream_type in STREAM_TYPES {
            assert_eq!(length(999_999_999_999_999, stream_type), length(1, "lead"), "{stream_type}");
        }
    }
}
