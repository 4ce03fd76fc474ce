//! One connection, or the reason why there is none in words that help.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Row};

use crate::error::MigrationError;

/// Views with `security_invoker` came with this major version.
pub const OLDEST_POSTGRES: i32 = 15;

const PATIENCE: Duration = Duration::from_secs(10);

/// Connects to a Postgres that is new enough.
pub async fn connect(url: &str) -> Result<PgConnection, MigrationError> {
    connect_with(&options(url)?).await
}

pub(crate) fn options(url: &str) -> Result<PgConnectOptions, MigrationError> {
    PgConnectOptions::from_str(url).map_err(MigrationError::BadUrl)
}

pub(crate) async fn connect_with(options: &PgConnectOptions) -> Result<PgConnection, MigrationError> {
    let address = format!("{}:{}", options.get_host(), options.get_port());
    let mut connection = match tokio::time::timeout(PATIENCE, quiet(options).connect()).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(cause)) => return Err(MigrationError::Unreachable { address, cause }),
        Err(_) => {
            let seconds = PATIENCE.as_secs();
            return Err(MigrationError::NoAnswer { address, seconds });
        }
    };
    let version =
        sqlx::query("select current_setting('server_version_num')::int, current_setting('server_version')")
            .fetch_one(&mut connection)
            .await
            .map_err(|cause| MigrationError::Unreachable { address: address.clone(), cause })?;
    require_version(&address, version.get(0), version.get(1))?;
    Ok(connection)
}

/// Everything here may run again on what is there already; "already exists, skipping" helps nobody. No statement is
/// logged: one of them holds a password.
fn quiet(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().options([("client_min_messages", "warning")]).disable_statement_logging()
}

fn require_version(address: &str, number: i32, name: &str) -> Result<(), MigrationError> {
    if number / 10_000 < OLDEST_POSTGRES {
        return Err(MigrationError::TooOld { address: address.to_owned(), found: name.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_postgres_is_refused_with_both_versions_named() {
        let error = require_version("db:5432", 140_011, "14.11").unwrap_err();
        assert_eq!(error.to_string(), "Postgres at db:5432 is version 14.11; Xentri needs 15 or newer");
        assert!(require_version("db:5432", 150_000, "15.0").is_ok());
    }
}
