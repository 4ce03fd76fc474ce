//! The one list of everything: aggregates and claims, and with them every command and every event.
//!
//! Routes, documents, topics and history filters are made from it; nobody keeps another list.

use serde::{Deserializer, Serializer};
use thiserror::Error;

use crate::aggregate::{
    Aggregate, CommandKind, CommandSet, EventKind, EventSet, HoldsPersonal, PersonalField, Refusal,
    RefusalCase, Stream,
};
use crate::kernel::{Scope, StreamId, SubjectId};

/// An event that is none of the stream's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{type_name} is an event of another type of stream")]
pub struct OtherStream {
    pub type_name: &'static str,
}

/// What is to be done with every type of stream, each of which is a type of its own.
pub trait StreamVisitor {
    fn visit<S: Stream>(&mut self);
}

/// What is to be done with a command, once it is known whose it is.
pub trait CommandVisitor {
    type Output;

    fn visit<A: Aggregate>(self, command: A::Command) -> Self::Output;
}

macro_rules! registry {
    (
        aggregates { $($aggregate:ident = $aggregate_type:ty;)+ }
        claims { $($claim:ident = $claim_type:ty;)* }
    ) => {
        registry!(@events $($aggregate = $aggregate_type;)+ $($claim = $claim_type;)*);
        registry!(@commands $($aggregate = $aggregate_type;)+);
    };
    (@events $($stream:ident = $type:ty;)+) => {
        /// Any event of any stream.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event {
            $($stream(<$type as Stream>::Event),)+
        }

        $(impl From<<$type as Stream>::Event> for Event {
            fn from(event: <$type as Stream>::Event) -> Self {
                Self::$stream(event)
            }
        }

        impl TryFrom<Event> for <$type as Stream>::Event {
            type Error = OtherStream;

            fn try_from(event: Event) -> Result<Self, OtherStream> {
                match event {
                    Event::$stream(event) => Ok(event),
                    other => Err(OtherStream { type_name: other.kind().type_name }),
                }
            }
        })+

        impl Event {
            pub fn kind(&self) -> &'static EventKind {
                match self { $(Self::$stream(event) => event.kind(),)+ }
            }

            /// Writes the payload alone, without its type.
            pub fn write_payload<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$stream(event) => event.write_payload(serializer),)+ }
            }

            /// Reads the payload of a type; none when no stream has such events.
            pub fn read_payload<'de, D: Deserializer<'de>>(
                type_name: &str,
                deserializer: D,
            ) -> Option<Result<Self, D::Error>> {
                $(if <$type as Stream>::Event::KINDS.iter().any(|kind| kind.type_name == type_name) {
                    let event = <$type as Stream>::Event::read_payload(type_name, deserializer)?;
                    return Some(event.map(Self::$stream));
                })+
                None
            }

            /// Whose personal data it brings, where it brings any.
            pub fn subject(&self, stream: StreamId) -> Option<SubjectId> {
                match self { $(Self::$stream(event) => event.subject(stream),)+ }
            }
        }

        impl HoldsPersonal for Event {
            fn visit_personal(&mut self, visit: &mut dyn FnMut(&str, &mut dyn PersonalField)) {
                match self { $(Self::$stream(event) => event.visit_personal(visit),)+ }
            }
        }

        /// Every type of event, aggregate by aggregate.
        pub fn event_kinds() -> impl Iterator<Item = &'static EventKind> {
            [$(<$type as Stream>::Event::KINDS,)+].into_iter().flatten()
        }

        /// Every type of stream.
        pub const STREAM_TYPES: &[&str] = &[$(<$type as Stream>::TYPE,)+];

        /// Goes through every type of stream, in that order.
        pub fn visit_streams(visitor: &mut impl StreamVisitor) {
            $(visitor.visit::<$type>();)+
        }

        #[cfg(feature = "schema")]
        pub fn payload_schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(EventKind, schemars::Schema)> {
            let mut schemas = Vec::new();
            $(schemas.extend(<$type as Stream>::Event::payload_schemas(generator));)+
            schemas
        }
    };
    (@commands $($aggregate:ident = $type:ty;)+) => {
        /// Any command to any aggregate.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Command {
            $($aggregate(<$type as Aggregate>::Command),)+
        }

        $(impl From<<$type as Aggregate>::Command> for Command {
            fn from(command: <$type as Aggregate>::Command) -> Self {
                Self::$aggregate(command)
            }
        })+

        impl Command {
            pub fn kind(&self) -> &'static CommandKind {
                match self { $(Self::$aggregate(command) => command.kind(),)+ }
            }

            /// Reads the body of a command of that kind; none when no aggregate has it.
            pub fn read<'de, D: Deserializer<'de>>(
                kind: &CommandKind,
                deserializer: D,
            ) -> Option<Result<Self, D::Error>> {
                match kind.stream_type {
                    $(<$type as Stream>::TYPE => {
                        let command = <$type as Aggregate>::Command::read(kind.name, deserializer)?;
                        Some(command.map(Self::$aggregate))
                    })+
                    _ => None,
                }
            }

            pub fn visit<V: CommandVisitor>(self, visitor: V) -> V::Output {
                match self { $(Self::$aggregate(command) => visitor.visit::<$type>(command),)+ }
            }

            /// The id that the client chose for a new stream.
            pub fn chosen_id(&self) -> Option<StreamId> {
                match self { $(Self::$aggregate(command) => command.chosen_id(),)+ }
            }

            /// The Pulse scope that it names, where that decides who may give it.
            pub fn scope(&self) -> Option<Scope> {
                match self { $(Self::$aggregate(command) => command.scope(),)+ }
            }
        }

        /// Every command, aggregate by aggregate.
        pub fn command_kinds() -> impl Iterator<Item = &'static CommandKind> {
            [$(<$type as Aggregate>::Command::KINDS,)+].into_iter().flatten()
        }

        /// How the commands to a type of aggregate can be refused; nothing for other types of stream.
        pub fn refusal_cases(stream_type: &str) -> &'static [RefusalCase] {
            match stream_type {
                $(<$type as Stream>::TYPE => <<$type as Aggregate>::Error as Refusal>::CASES,)+
                _ => &[],
            }
        }

        #[cfg(feature = "schema")]
        pub fn body_schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(CommandKind, schemars::Schema)> {
            let mut schemas = Vec::new();
            $(schemas.extend(<$type as Aggregate>::Command::body_schemas(generator));)+
            schemas
        }
    };
}

registry! {
    aggregates {
        Org = crate::org::Org;
        Brief = crate::brief::Brief;
        Lead = crate::lead::Lead;
        Invoice = crate::invoice::Invoice;
        Site = crate::site::Site;
        Page = crate::page::Page;
        PulseItem = crate::pulse::Item;
        PulseInbox = crate::pulse::Inbox;
        Subject = crate::subject::Subject;
    }
    claims {
        InvoiceNumbers = crate::claims::InvoiceNumbers;
        SlugClaim = crate::claims::SlugClaim;
        PagePaths = crate::claims::PagePaths;
    }
}

#[cfg(test)]
mod personal_tests;
#[cfg(test)]
mod samples;
