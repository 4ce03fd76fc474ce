//! Events: how an aggregate lists what can have happened, and what everybody else gets to know of it.

use std::fmt::Debug;

use serde::{Deserializer, Serializer};

use super::HoldsPersonal;
use crate::kernel::{Area, StreamId, SubjectId};
use crate::registry::{Event, OtherStream};

/// One type of event: what stands in the registry, in the envelope and in the catalogue of topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventKind {
    /// As in `xentri.lead.created.v1`.
    pub type_name: &'static str,
    /// As in `lead.created@1.0`.
    pub schema: &'static str,
    /// Names the topic for integrators.
    pub context: Area,
    /// The type of stream on which it happens.
    pub stream_type: &'static str,
}

/// All that can have happened on one type of stream. Made by `events!`.
pub trait EventSet:
    Clone
    + Debug
    + PartialEq
    + HoldsPersonal
    + Into<Event>
    + TryFrom<Event, Error = OtherStream>
    + Send
    + Sync
    + 'static
{
    const KINDS: &'static [EventKind];

    fn kind(&self) -> &'static EventKind;

    /// Writes the payload alone, without its type.
    fn write_payload<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads the payload of a type; none when the type is not one of [`Self::KINDS`].
    fn read_payload<'de, D: Deserializer<'de>>(
        type_name: &str,
        deserializer: D,
    ) -> Option<Result<Self, D::Error>>;

    /// Whose personal data it brings, where it brings any: their key seals it.
    fn subject(&self, stream: StreamId) -> Option<SubjectId>;

    #[cfg(feature = "schema")]
    fn payload_schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(EventKind, schemars::Schema)>;
}

/// Lists the events of a stream: the variant, which is also the name of its payload's struct, then subject and action,
/// then the version of the payload.
///
/// ```text
/// events! {
///     /// What can have happened to a lead.
///     LeadEvent of "lead" in Sales, about |event, stream| Some(stream.into());
///     Created "lead.created" 1 0;
/// }
/// ```
macro_rules! events {
    (
        $(#[$doc:meta])*
        $set:ident of $stream_type:literal in $context:ident, about |$event:pat_param, $stream:pat_param| $subject:expr;
        $($(#[$event_doc:meta])* $kind:ident $name:literal $major:literal $minor:literal;)+
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $set {
            $($(#[$event_doc])* $kind($kind),)+
        }

        impl $crate::aggregate::EventSet for $set {
            const KINDS: &'static [$crate::aggregate::EventKind] = &[$($crate::aggregate::EventKind {
                type_name: concat!("xentri.", $name, ".v", $major),
                schema: concat!($name, "@", $major, ".", $minor),
                context: $crate::kernel::Area::$context,
                stream_type: $stream_type,
            },)+];

            fn kind(&self) -> &'static $crate::aggregate::EventKind {
                #[derive(Clone, Copy)]
                enum Place { $($kind,)+ }
                let place = match self { $(Self::$kind(_) => Place::$kind,)+ };
                &Self::KINDS[place as usize]
            }

            fn write_payload<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$kind(payload) => serde::Serialize::serialize(payload, serializer),)+ }
            }

            fn read_payload<'de, D: serde::Deserializer<'de>>(
                type_name: &str,
                deserializer: D,
            ) -> Option<Result<Self, D::Error>> {
                match type_name {
                    $(concat!("xentri.", $name, ".v", $major) => {
                        Some(<$kind as serde::Deserialize>::deserialize(deserializer).map(Self::$kind))
                    })+
                    _ => None,
                }
            }

            fn subject(&self, stream: $crate::kernel::StreamId) -> Option<$crate::kernel::SubjectId> {
                let ($event, $stream) = (self, stream);
                $subject
            }

            #[cfg(feature = "schema")]
            fn payload_schemas(
                generator: &mut schemars::SchemaGenerator,
            ) -> Vec<($crate::aggregate::EventKind, schemars::Schema)> {
                let schemas = [$(<$kind as schemars::JsonSchema>::json_schema(generator),)+];
                Self::KINDS.iter().copied().zip(schemas).collect()
            }
        }

        impl $crate::aggregate::HoldsPersonal for $set {
            fn visit_personal(&mut self, visit: &mut dyn FnMut(&str, &mut dyn $crate::aggregate::PersonalField)) {
                match self { $(Self::$kind(payload) => payload.visit_personal(visit),)+ }
            }
        }

        $(impl From<$kind> for $set {
            fn from(payload: $kind) -> Self {
                Self::$kind(payload)
            }
        })+
    };
}
pub(crate) use events;
