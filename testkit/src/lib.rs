//! What tests stand on. Never a dependency of anything but tests and the benchmark.
//!
//! Here live a fresh database for each test, a Postgres and a Kafka that a test may crash, a Kafka that asks who one is, the
//! addresses of the real servers, topic prefixes, projects of Node's and Pythons with their packages, a clock that moves when told,
//! factories of orgs and principals, and the oracle that knows what every read model has to show. Not here: clients. A test brings its own, so
//! that only the crates that may speak Kafka or HTTP do.
//!
//! Whatever fails here panics with what to do about it: a test never goes on, or is skipped, without its servers.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::missing_panics_doc, reason = "test code")]

mod clock;
mod database;
pub mod factory;
mod node;
pub mod oracle;
mod private;
mod python;
mod scripts;
mod servers;
mod topics;

pub use clock::TestClock;
pub use database::TestDb;
pub use node::node_project;
pub use private::{GuardedKafka, PrivateKafka, PrivatePostgres, SmallDisk};
pub use python::python_with;
pub use servers::{consume, kafka_brokers, postgres_url};
pub use topics::topic_prefix;
