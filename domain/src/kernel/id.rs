//! Ids: UUIDs, each with a type of its own, so that a lead's id can't stand where an invoice's belongs.
//!
//! Made in three ways, all pure: version 7 from a time and random bytes that the caller brings, version 5
//! from a natural key, or parsed. The nil UUID is no id: it is what a forgotten field looks like.

use std::str::FromStr;

use uuid::{Builder, Uuid};

use super::{
    FormatError,
    wire::{json_schema_of, text_on_the_wire},
};

/// The namespace of every id that is made from a natural key. Changing it would cut all of them off
/// from their streams.
const NAMESPACE: Uuid = Uuid::from_u128(0x7c01_a8d2_6ee2_45ec_af76_12a7_a50b_53e3);

const EXPECTED: FormatError =
    FormatError::expected("a UUID like 0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a, not nil");

/// The usual 36 characters only; upper case is read, lower case is written.
fn parse(raw: &str) -> Result<Uuid, FormatError> {
    let uuid = if raw.len() == 36 { Uuid::try_parse(raw).ok() } else { None };
    uuid.filter(|uuid| !uuid.is_nil()).ok_or(EXPECTED)
}

macro_rules! ids {
    ($($(#[$doc:meta])+ $id:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $id(Uuid);

        impl $id {
            /// In order of time. `random` must be fresh for each id.
            pub fn v7(unix_ms: u64, random: [u8; 10]) -> Self {
                Self(Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid())
            }

            pub fn parse(raw: &str) -> Result<Self, FormatError> {
                parse(raw).map(Self)
            }

            pub fn uuid(self) -> Uuid {
                self.0
            }

            /// What a client may choose for a new stream.
            pub fn is_v7(self) -> bool {
                self.0.get_version_num() == 7
            }

            /// Made from a natural key.
            pub fn is_natural(self) -> bool {
                self.0.get_version_num() == 5
            }
        }

        impl From<$id> for Uuid {
            fn from(id: $id) -> Self {
                id.0
            }
        }

        impl TryFrom<Uuid> for $id {
            type Error = FormatError;

            fn try_from(uuid: Uuid) -> Result<Self, FormatError> {
                if uuid.is_nil() { Err(EXPECTED) } else { Ok(Self(uuid)) }
            }
        }

        impl FromStr for $id {
            type Err = FormatError;

            fn from_str(raw: &str) -> Result<Self, FormatError> {
                Self::parse(raw)
            }
        }

        impl std::fmt::Display for $id {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
            }
        }

        impl std::fmt::Debug for $id {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(formatter, "{}({})", stringify!($id), self.0)
            }
        }

        text_on_the_wire!($id);
        json_schema_of!($id, {
            "type": "string",
            "format": "uuid",
            "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
            "not": { "const": "00000000-0000-0000-0000-000000000000" },
            "examples": ["0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a"],
        });
    )+};
}

ids! {
    /// A tenant.
    OrgId;
    /// Somebody who signs in.
    UserId;
    /// One stream of events, whatever its type.
    StreamId;
    /// One event, and what makes a repeated one known.
    EventId;
    /// A person whom data is about; the key of their personal data has this id.
    SubjectId;
    /// What ties together everything that one request set off.
    CorrelationId;
    /// The strategy of an org.
    BriefId;
    /// A possible customer.
    LeadId;
    /// A bill, from its draft on.
    InvoiceId;
    /// A website.
    SiteId;
    /// A page of a website.
    PageId;
    /// A proposed section of a brief.
    ProposalId;
    /// Something that deserves attention.
    PulseItemId;
}

impl StreamId {
    /// The stream that an org has for a natural key: its brief, a slug, a sequence of numbers.
    /// `stream_type` holds no `/`, so no two keys meet in one name.
    pub fn natural(org: OrgId, stream_type: &str, key: &str) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("{org}/{stream_type}/{key}").as_bytes()))
    }
}

impl BriefId {
    /// The one brief of an org.
    pub fn of(org: OrgId) -> Self {
        StreamId::natural(org, "brief", "brief").into()
    }
}

impl UserId {
    /// Identity providers' ids are not UUIDs; this one is the same wherever it is made.
    pub fn of(issuer: &str, subject: &str) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("{issuer}\n{subject}").as_bytes()))
    }
}

impl PulseItemId {
    /// One item for a source event, a scope and the rule that judged it, however often a rebuild makes it.
    pub fn of(source: EventId, scope: super::Scope, rule: &str) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("{source}/{scope}/{rule}").as_bytes()))
    }

    /// The item that somebody makes of another by promoting it to a scope: the same one, whoever does it.
    pub fn promoted(item: Self, scope: super::Scope) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("{item}/{scope}").as_bytes()))
    }
}

/// Where the id of one thing is also that of another.
macro_rules! same_id {
    ($($from:ident => $($to:ident),+;)+) => {$($(
        impl From<$from> for $to {
            fn from(id: $from) -> Self {
                Self(id.0)
            }
        }
    )+)+};
}

same_id! {
    // An aggregate's id is that of its stream; whoever turns it round has looked at the stream's type.
    OrgId => StreamId;
    BriefId => StreamId;
    LeadId => StreamId, SubjectId;
    InvoiceId => StreamId;
    SiteId => StreamId;
    PageId => StreamId;
    PulseItemId => StreamId;
    SubjectId => StreamId;
    UserId => StreamId;
    StreamId => OrgId, BriefId, LeadId, InvoiceId, SiteId, PageId, PulseItemId, SubjectId, UserId;
    // What is made inside a stream takes the fresh id that the decision was given.
    StreamId => ProposalId;
    // A chain of events starts with one that is its own correlation.
    EventId => CorrelationId;
}

#[cfg(test)]
mod tests;
