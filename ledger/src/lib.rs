//! The append-only record in Postgres.
//!
//! Here live the only ways to a database connection, and on them append, read, verify, snapshots, receipts
//! and keys. Not here: what an event means (`domain`), its bytes (`schemas`), the tables' definitions
//! (`migrations`).
