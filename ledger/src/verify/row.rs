//! One row of the table of events, and whether its columns say what its body says.
//!
//! The hash covers the body and not the columns that repeat it, which superusers may change: queries would find
//! another event than was recorded. Parsing every body would cost more than hashing it. It is not needed: the ledger
//! writes id, type and org first and the stream last, always in the same bytes, and the hash vouches for the body.

use uuid::Uuid;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_schemas::{Digest, LedgerMark, Recorded};

use super::finding::{EventColumn, Finding, Reason};

/// As it was read and not yet believed, whence the signed numbers and bare ids.
#[derive(Clone, Copy)]
pub struct EventRow<'a> {
    pub shard: i32,
    pub position: i64,
    pub epoch: i32,
    pub org_id: Uuid,
    pub org_seq: i64,
    /// In microseconds since 1970.
    pub recorded_at: i64,
    pub stream_type: &'a str,
    pub stream_id: Uuid,
    pub version: i32,
    pub id: Uuid,
    pub type_name: &'a str,
    pub hash: &'a [u8],
    pub body: &'a str,
}

impl EventRow<'_> {
    /// The ledger's own fields, if they can be such.
    pub(super) fn recorded(&self) -> Result<Recorded, Reason> {
        let impossible = Reason::Impossible;
        let hash = self.hash.try_into().map_err(|_| impossible(EventColumn::Hash))?;
        Ok(Recorded {
            recorded_at: Timestamp::from_micros(self.recorded_at)
                .map_err(|_| impossible(EventColumn::RecordedAt))?,
            ledger: LedgerMark {
                epoch: u64::try_from(self.epoch).map_err(|_| impossible(EventColumn::Epoch))?,
                org_seq: u64::try_from(self.org_seq).map_err(|_| impossible(EventColumn::OrgSeq))?,
                hash: Digest::from_bytes(hash),
            },
        })
    }

    pub(super) fn org(&self) -> Result<OrgId, Reason> {
        OrgId::try_from(self.org_id).map_err(|_| Reason::Impossible(EventColumn::OrgId))
    }

    pub(super) fn agrees_with_body(&self) -> Result<(), Reason> {
        self.begins_as_the_body().and_then(|()| self.ends_as_the_body()).map_err(Reason::Disagrees)
    }

    /// `{"id":"…","type":"…","occurred_at":"…","org_id":"…"`
    fn begins_as_the_body(&self) -> Result<(), EventColumn> {
        let mut id = Uuid::encode_buffer();
        let rest = self.body.strip_prefix(r#"{"id":""#).ok_or(EventColumn::EventId)?;
        let rest =
            rest.strip_prefix(&*self.id.hyphenated().encode_lower(&mut id)).ok_or(EventColumn::EventId)?;
        let rest = rest.strip_prefix(r#"","type":""#).ok_or(EventColumn::Type)?;
        // Up to the first quote, so that no column can pass by reaching into what follows.
        let (type_name, rest) = rest.split_once('"').ok_or(EventColumn::Type)?;
        if type_name != self.type_name {
            return Err(EventColumn::Type);
        }
        let moment = rest.strip_prefix(r#","occurred_at":""#);
        // A moment always has 27 characters.
        let rest = moment.and_then(|rest| rest.get(27..)).ok_or(EventColumn::OrgId)?;
        let rest = rest.strip_prefix(r#"","org_id":""#).ok_or(EventColumn::OrgId)?;
        let rest = rest.strip_prefix(&*self.org_id.hyphenated().encode_lower(&mut id));
        if rest.is_some_and(|rest| rest.starts_with('"')) { Ok(()) } else { Err(EventColumn::OrgId) }
    }

    /// `,"stream":{"type":"…","id":"…","version":n}}`
    fn ends_as_the_body(&self) -> Result<(), EventColumn> {
        let mut id = Uuid::encode_buffer();
        let rest = self.body.strip_suffix("}}").ok_or(EventColumn::Version)?;
        let (rest, version) = rest.rsplit_once(':').ok_or(EventColumn::Version)?;
        if version.parse() != Ok(self.version) {
            return Err(EventColumn::Version);
        }
        let rest = rest.strip_suffix(r#"","version""#).ok_or(EventColumn::Version)?;
        let rest = rest.strip_suffix(&*self.stream_id.hyphenated().encode_lower(&mut id));
        let rest = rest.and_then(|rest| rest.strip_suffix(r#"","id":""#)).ok_or(EventColumn::StreamId)?;
        let (rest, stream_type) = rest.rsplit_once('"').ok_or(EventColumn::StreamType)?;
        let names_it = stream_type == self.stream_type && rest.ends_with(r#","stream":{"type":"#);
        if names_it { Ok(()) } else { Err(EventColumn::StreamType) }
    }

    pub(super) fn finding(&self, reason: Reason) -> Finding {
        Finding {
            shard: Some(self.shard),
            org_id: self.org_id,
            org_seq: self.org_seq,
            position: Some(self.position),
            event_id: Some(self.id),
            reason,
        }
    }
}
