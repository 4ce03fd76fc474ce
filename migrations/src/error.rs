//! What can go wrong before a server may start. Each message says what happened and what to do about it.

use crate::connect::OLDEST_POSTGRES;

/// Why the database could not be brought to, or is not at, the state this binary needs.
///
/// The cause stands inside the message, between what and what to do; it is no `source`, or a report of the whole chain
/// would tell it twice.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("the database URL can't be read ({0}); write it as postgres://user:password@host:5432/database")]
    BadUrl(sqlx::Error),

    #[error(
        "Postgres at {address} can't be reached ({cause}); is it running, and are address and password right?"
    )]
    Unreachable { address: String, cause: sqlx::Error },

    #[error(
        "Postgres at {address} did not answer within {seconds} s; is it running there, and is a firewall in between?"
    )]
    NoAnswer { address: String, seconds: u64 },

    #[error("Postgres at {address} is version {found}; Xentri needs {OLDEST_POSTGRES} or newer")]
    TooOld { address: String, found: String },

    #[error("another migration has been running for {seconds} s; wait for it to end, then try again")]
    Locked { seconds: u64 },

    #[error(
        "roles and schemas can't be made ({0}); the migrating login must be a superuser, or own the database and have CREATEROLE; since Postgres 16 also ADMIN on the xentri roles that others made"
    )]
    Roles(sqlx::Error),

    #[error(
        "migration {version} ({name}) failed and was rolled back whole ({cause}); mend the cause and run it again"
    )]
    Failed { version: i64, name: String, cause: sqlx::Error },

    #[error(
        "migration {0} was left half finished; undo what it did and delete its row from _sqlx_migrations, then run it again"
    )]
    HalfFinished(i64),

    #[error(
        "migration {0} ran here with another text than this binary has; run the binary of the release that the database belongs to"
    )]
    Changed(i64),

    #[error(
        "the tables of {projection} v{version} could not be made; nothing of them is left ({cause}); mend the cause and run it again"
    )]
    Tables { projection: &'static str, version: i32, cause: sqlx::Error },

    #[error(
        "the tables of {projection} v{version} have changed since they were made here; raise its version, or run the binary of the release that the database belongs to"
    )]
    TablesChanged { projection: &'static str, version: i32 },

    #[error("the database has migration {0}, which this binary does not know; run a newer binary")]
    Unknown(i64),

    #[error(
        "the record of migrations can't be read ({0}); is this a database that `xentri migrate` has set up?"
    )]
    Unreadable(sqlx::Error),
}

/// Why a login may not be the server's: each of these would let it step around row-level security.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LoginFault {
    #[error("login {login} is a superuser, to whom row-level security does not apply")]
    Superuser { login: String },

    #[error("login {login} has BYPASSRLS")]
    BypassesRowSecurity { login: String },

    #[error(
        "login {login} is not NOINHERIT: it would have the policies of all its roles at once, and read every org"
    )]
    Inherits { login: String },

    #[error("login {login} can become {role}, which no server may")]
    CanBecome { login: String, role: String },

    #[error("login {login} can't become {role}, which the server works as")]
    CannotBecome { login: String, role: String },

    #[error("login {login} owns {object}")]
    Owns { login: String, object: String },

    #[error("login {login} may create roles or databases, or replicate")]
    MayCreate { login: String },
}
