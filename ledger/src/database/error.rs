//! What can go wrong between us and Postgres, sorted by what the caller can do about it.

use thiserror::Error;

/// Never holds a row's values: what Postgres says in its detail, it says about somebody's data.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DatabaseError {
    /// Nothing is wrong with the statement: it may work later, and may have worked now.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// The values are what is wrong: trying again changes nothing.
    #[error("the database refuses the data ({code}): {message}")]
    Data { code: String, message: String },
    /// Anything else: a missing migration, a missing right, a mistake of ours.
    #[error("the database fails ({code}): {message}")]
    Failed { code: String, message: String },
}

impl DatabaseError {
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::Database(error) => {
                let code = error.code().unwrap_or_default().into_owned();
                let message = said(&code, error.message());
                match code.get(..2) {
                    // A data exception, a constraint, a limit of the program.
                    Some("22" | "23" | "54") => Self::Data { code, message },
                    // Connections, resources, an operator or a crash, a serialization failure or deadlock; a lock that
                    // was not to be had in time; a read-only replica.
                    Some("08" | "53" | "57" | "58" | "40") => Self::Unavailable(message),
                    _ if code == "55P03" || code == "25006" => Self::Unavailable(message),
                    _ => Self::Failed { code, message },
                }
            }
            E::Io(error) => Self::Unavailable(error.to_string()),
            E::Tls(error) => Self::Unavailable(error.to_string()),
            E::PoolTimedOut => Self::Unavailable("no connection was free in time".to_owned()),
            E::PoolClosed | E::WorkerCrashed => Self::Unavailable("the connections are closed".to_owned()),
            // Half a message, when the other side went away in the middle of it.
            E::Protocol(message) => Self::Unavailable(message),
            E::BeginFailed => Self::Unavailable("the transaction could not begin".to_owned()),
            other => Self::Failed { code: "none".to_owned(), message: without_values(&other) },
        }
    }
}

/// A data exception quotes the value; in all others the quotes have names of the schema.
fn said(code: &str, message: &str) -> String {
    if !code.starts_with("22") {
        return message.to_owned();
    }
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => [&message[..=first], "…", &message[last..]].concat(),
        _ => message.to_owned(),
    }
}

/// Errors of decoding may quote what could not be decoded.
fn without_values(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::ColumnDecode { index, .. } => format!("column {index} can't be decoded"),
        sqlx::Error::Decode(_) => "a value can't be decoded".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn no_value_is_quoted() {
        for (code, message, expected) in [
            (
                "22P02",
                r#"invalid input syntax for type uuid: "a"da""#,
                r#"invalid input syntax for type uuid: "…""#,
            ),
            (
                "22003",
                r#"value "77" is out of range for type integer"#,
                r#"value "…" is out of range for type integer"#,
            ),
            ("22012", "division by zero", "division by zero"),
            ("23505", r#"duplicate key violates "event_pkey""#, r#"duplicate key violates "event_pkey""#),
        ] {
            assert_eq!(said(code, message), expected);
        }
    }
}
