//! A parked event, and its name.

use std::fmt;
use std::str::FromStr;

use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;
use xentri_domain::kernel::{EventId, OrgId, Timestamp};
use xentri_ledger::{DatabaseError, Moment, Shard};

use super::ParkedError;
use crate::runtime::{Key, MemberId};

/// `projection/version/generation/shard/position`. They are listed in its order, which is also the one in which they wait.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParkedId {
    pub of: MemberId,
    pub shard: Shard,
    pub position: u64,
}

impl fmt::Display for ParkedId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MemberId { projection, version, generation } = &self.of;
        write!(formatter, "{projection}/{version}/{generation}/{}/{}", self.shard, self.position)
    }
}

impl FromStr for ParkedId {
    type Err = ParkedError;

    fn from_str(text: &str) -> Result<Self, ParkedError> {
        let read = || {
            let mut parts = text.split('/');
            let projection = parts.next().filter(|name| !name.is_empty())?.to_owned();
            let version = parts.next()?.parse().ok()?;
            let generation = parts.next()?.parse().ok()?;
            let shard = Shard::new(parts.next()?.parse().ok()?);
            let position = parts.next()?.parse().ok()?;
            let of = MemberId { projection, version, generation };
            parts.next().is_none().then_some(Self { of, shard, position })
        };
        read().ok_or_else(|| ParkedError::NotAName(text.to_owned()))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEvent {
    pub id: ParkedId,
    pub org: OrgId,
    pub epoch: u64,
    pub event: EventId,
    pub type_name: String,
    /// The rows that it touches; the stream on which a reactor would answer.
    pub keys: Vec<Uuid>,
    pub correlation_id: Option<String>,
    /// None for one that waits behind another.
    pub error: Option<String>,
    pub parked_at: Timestamp,
}

/// A parked event as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub parked: ParkedEvent,
    /// In its form on the wire: what is personal in it stays sealed.
    pub event: String,
}

/// What [`ParkedEvent::read`] expects, in order.
macro_rules! columns {
    () => {
        "projection, version, generation, shard, position, org_id, epoch, event_id, type, keys, correlation_id, \
         error, parked_at"
    };
}
pub(super) use columns;

impl ParkedEvent {
    pub(super) fn read(row: &PgRow) -> Result<Self, DatabaseError> {
        let number = |value: i64| u64::try_from(value).unwrap_or_default();
        let id = |column: usize| row.try_get::<Uuid, _>(column);
        let of =
            MemberId { projection: row.try_get(0)?, version: row.try_get(1)?, generation: row.try_get(2)? };
        let shard = u16::try_from(row.try_get::<i32, _>(3)?).map_err(|_| unreadable("shard"))?;
        let position = number(row.try_get(4)?);
        Ok(Self {
            id: ParkedId { of, shard: Shard::new(shard), position },
            org: OrgId::try_from(id(5)?).map_err(|_| unreadable("org_id"))?,
            epoch: number(row.try_get::<i32, _>(6)?.into()),
            event: EventId::try_from(id(7)?).map_err(|_| unreadable("event_id"))?,
            type_name: row.try_get(8)?,
            keys: row.try_get(9)?,
            correlation_id: row.try_get(10)?,
            error: row.try_get(11)?,
            parked_at: row.try_get::<Moment, _>(12)?.0,
        })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Key> + '_ {
        self.keys.iter().map(|id| (self.org, *id))
    }
}

fn unreadable(column: &str) -> DatabaseError {
    let message = format!("column {column} of table parked_event holds what this program can't read");
    DatabaseError::Failed { code: "none".to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written_and_nothing_else_is() {
        let id: ParkedId = "leads/2/7/3/42".parse().unwrap();
        assert_eq!((id.to_string().as_str(), id.position), ("leads/2/7/3/42", 42));
        for not in ["", "leads", "/1/1/0/42", "leads/1/1/0/42/", "leads/1/1/0/x", "leads/1/1/-1/4"] {
            assert!(matches!(not.parse::<ParkedId>(), Err(ParkedError::NotAName(_))), "{not}");
        }
    }
}
