//! Servers of a test's own, for tests that crash them: in a directory of their own, by the scripts in `infra/dev/`.

mod kafka;
mod postgres;
mod server;

pub use kafka::PrivateKafka;
pub use postgres::PrivatePostgres;
