//! Servers of a test's own, for tests that crash them or set them up otherwise: in a directory of their own, by the scripts in
//! `infra/dev/`.

mod guarded;
mod kafka;
mod postgres;
mod server;
mod small_disk;

pub use guarded::GuardedKafka;
pub use kafka::PrivateKafka;
pub use postgres::PrivatePostgres;
pub use small_disk::SmallDisk;
