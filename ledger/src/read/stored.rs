//! An event as it is stored, with its place.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{EventId, OrgId, StreamId, Timestamp};
use xentri_domain::registry::{STREAM_TYPES, event_kinds};
use xentri_schemas::{Digest, LedgerMark, ReadError, Reading, Recorded};

use crate::database::{DatabaseError, Moment};
use crate::shard::Shard;

#[derive(Clone, PartialEq, Eq)]
pub struct StoredEvent {
    pub shard: Shard,
    pub epoch: u64,
    /// In the shard. A tenant never sees it.
    pub position: u64,
    pub org: OrgId,
    /// In the org.
    pub org_seq: u64,
    /// Another program may have written it: it need not be one that this one knows.
    pub stream_type: Cow<'static, str>,
    pub stream_id: StreamId,
    /// In the stream.
    pub version: u32,
    pub id: EventId,
    pub type_name: Cow<'static, str>,
    pub recorded_at: Timestamp,
    pub hash: Digest,
    /// Byte for byte what was hashed.
    pub body: String,
}

/// What [`StoredEvent::read`] expects, in order.
macro_rules! columns {
    () => {
        "position, epoch, org_id, org_seq, stream_type, stream_id, version, id, type, recorded_at, hash, body"
    };
}
pub(super) use columns;

/// How many that are. What a statement selects besides comes after them.
pub(super) const COLUMNS: usize = 12;

impl StoredEvent {
    pub(super) fn read(shard: Shard, row: &PgRow) -> Result<Self, DatabaseError> {
        let number = |value: i64| u64::try_from(value).unwrap_or_default();
        let id = |column: usize| row.try_get::<Uuid, _>(column);
        Ok(Self {
            shard,
            position: number(row.try_get(0)?),
            epoch: number(row.try_get::<i32, _>(1)?.into()),
            org: OrgId::try_from(id(2)?).map_err(|_| unreadable("org_id"))?,
            org_seq: number(row.try_get(3)?),
            stream_type: known(row.try_get(4)?),
            stream_id: StreamId::try_from(id(5)?).map_err(|_| unreadable("stream_id"))?,
            version: u32::try_from(row.try_get::<i32, _>(6)?).map_err(|_| unreadable("version"))?,
            id: EventId::try_from(id(7)?).map_err(|_| unreadable("id"))?,
            type_name: known(row.try_get(8)?),
            recorded_at: row.try_get::<Moment, _>(9)?.0,
            hash: digest(row.try_get(10)?)?,
            body: row.try_get(11)?,
        })
    }

    /// None for a type of stream that this program does not know.
    pub fn stream(&self) -> Option<StreamRef> {
        let stream_type = match &self.stream_type {
            Cow::Borrowed(known) => known,
            Cow::Owned(_) => return None,
        };
        Some(StreamRef { stream_type, id: self.stream_id })
    }

    /// What happened. Personal fields stay sealed.
    pub fn decode(&self) -> Result<Reading, ReadError> {
        Reading::of(&self.body)
    }

    pub fn recorded(&self) -> Recorded {
        let ledger = LedgerMark { epoch: self.epoch, org_seq: self.org_seq, hash: self.hash };
        Recorded { recorded_at: self.recorded_at, ledger }
    }

    /// As it leaves the ledger: the body and its place.
    pub fn wire(&self) -> String {
        self.recorded().wire(&self.body)
    }
}

/// A page has the same few names over and over: those that the program knows are not copied.
pub(super) fn known(name: &str) -> Cow<'static, str> {
    static KNOWN: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        STREAM_TYPES.iter().copied().chain(event_kinds().map(|kind| kind.type_name)).collect()
    });
    KNOWN.get(name).map_or_else(|| name.to_owned().into(), |known| Cow::Borrowed(*known))
}

pub(super) fn digest(raw: &[u8]) -> Result<Digest, DatabaseError> {
    Ok(Digest::from_bytes(raw.try_into().map_err(|_| unreadable("hash"))?))
}

fn unreadable(column: &str) -> DatabaseError {
    let message = format!("column {column} of table event holds what this program can't read");
    DatabaseError::Failed { code: "none".to_owned(), message }
}

/// Names the event and not what is in it.
impl fmt::Debug for StoredEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StoredEvent")
            .field("id", &self.id)
            .field("type", &self.type_name)
            .field("stream", &format_args!("{}/{}", self.stream_type, self.stream_id))
            .field("version", &self.version)
            .field("org", &self.org)
            .field("org_seq", &self.org_seq)
            .field("place", &format_args!("{}/{}/{}", self.shard, self.epoch, self.position))
            .finish_non_exhaustive()
    }
}
