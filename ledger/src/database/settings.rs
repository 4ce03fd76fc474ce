//! How connections are made, and what no session may do for long.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::DatabaseError;

/// Of each database.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// The most connections of one process for reads and small writes; those of the append come on top.
    pub connections: u32,
    /// How long a read waits for a free connection.
    pub patience: Duration,
    /// The longest statement of a read.
    pub statement_timeout: Duration,
    /// The longest pause inside a transaction: a client that stopped holds no snapshot for ever.
    pub idle_timeout: Duration,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            connections: 16,
            patience: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
        }
    }
}

/// How a dead peer is noticed: a connection that is cut says nothing by itself. In ms, s, s and a number.
const NETWORK: [(&str, &str); 4] = [
    ("tcp_user_timeout", "5000"),
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "3"),
];

/// The options of a session. Of roles and scopes there is nothing here: they belong to a transaction.
pub(crate) fn session(
    url: &str,
    name: &str,
    statement_timeout: Duration,
    idle_timeout: Duration,
) -> Result<PgConnectOptions, DatabaseError> {
    let millis = |duration: Duration| duration.as_millis().to_string();
    // The reason could quote the URL, and with it the password.
    let options = PgConnectOptions::from_str(url).map_err(|_| DatabaseError::Failed {
        code: "none".to_owned(),
        message: "the URL of the database can't be read; it should look like postgres://user:password@host:5432/name"
            .to_owned(),
    })?;
    Ok(options.application_name(name).options(NETWORK).options([
        ("statement_timeout", millis(statement_timeout)),
        // Every statement is short. What the planner fears of tables that were small a moment ago would have them compiled,
        // which takes longer than running them.
        ("jit", "off".to_owned()),
        ("idle_in_transaction_session_timeout", millis(idle_timeout)),
    ]))
}
