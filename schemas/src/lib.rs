//! The wire contract that integrators and auditors rely on for years.
//!
//! Here live the envelope and its exact bytes, the generated JSON Schemas, the golden sample of every event
//! version, the upcasters between versions, the names of topics, and the reading of command bodies. Not here: business rules
//! (`domain`) and transport (`workers`, `query-api`).

mod command;
mod envelope;
mod files;
mod problem;
mod topics;
mod upcast;

pub use command::{FieldError, read_command};
pub use envelope::{
    BODY_MAX, BodyError, DedupeKey, Digest, Envelope, Environment, Frame, LARGEST_INTEGER, LedgerMark, Meta,
    ReadError, Reading, Recorded, StreamMark, TraceId, VERSION, WireError,
};
pub use files::{
    command_name, command_schema, dataschema, envelope_schema, event_schema, event_schema_names,
};
pub use problem::{ErrorKind, FieldCode, PROBLEM_JSON, Problem, RateLimit, error_document};
pub use topics::{HEARTBEAT_TYPE, LOG_TOPIC, contexts, topic_of, topics};
pub use upcast::{UPCASTERS, UpcastError, Upcaster, upcast};
