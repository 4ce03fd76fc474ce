//! The database schema and the roles, as SQL beside this crate's manifest, and what applies and checks them.
//!
//! Here live the numbered migrations, `roles.sql`, the runner, and the assertions about the login that a server
//! may run as. Not here: queries, and the tables of read models, which `projections` has beside their folds and this crate
//! embeds. README.md shows who may do what on which table.

mod connect;
mod error;
mod login;
mod migrate;
mod read_models;

pub use connect::{OLDEST_POSTGRES, connect};
pub use error::{LoginFault, MigrationError};
pub use login::{SERVER_ROLES, check_login, ensure_server_login};
pub use migrate::{Step, fingerprint, migrate, pending, plan};
