//! The wire contract that integrators and auditors rely on for years.
//!
//! Here live the envelope and its exact bytes, the generated JSON Schemas, the golden sample of every event
//! version and the upcasters between versions. Not here: business rules (`domain`) and transport (`workers`,
//! `query-api`).
