//! What a comparison comes to.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// So many are shown; all are counted.
const SHOWN: usize = 12;

/// Every row is as the ledger has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreement {
    pub events: usize,
    /// How many rows each table has.
    pub rows: BTreeMap<&'static str, usize>,
}

impl fmt::Display for Agreement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} events make", self.events)?;
        for (n, (table, rows)) in self.rows.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(formatter, "{comma} {rows} {table}")?;
        }
        Ok(())
    }
}

/// What is not as the ledger has it.
#[derive(Debug, Clone, Default)]
pub struct Disagreement {
    /// How far it came: events read, rows compared.
    pub compared: Agreement,
    /// Of rows, checkpoints and parked events, in words.
    pub differences: Vec<String>,
    /// Why nothing could be compared, such as a database that is away.
    pub unread: Option<String>,
}

impl Disagreement {
    /// Whether a table is not as it should be.
    pub fn is_about(&self, table: &str) -> bool {
        self.differences.iter().any(|difference| difference.starts_with(&format!("{table} ")))
    }

    pub(super) fn cell(
        &mut self,
        (table, key): (&str, &str),
        column: &str,
        expected: &Value,
        found: Option<&Value>,
    ) {
        let found = found.map_or_else(|| "no such column".to_owned(), ToString::to_string);
        self.differences.push(format!("{table} {key}: {column} should be {expected}, and is {found}"));
    }
}

impl fmt::Display for Disagreement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(unread) = &self.unread {
            return write!(formatter, "the read models can't be compared with the ledger: {unread}");
        }
        let all = self.differences.len();
        write!(
            formatter,
            "the read models are not those of the ledger: {all} differences, where {}",
            self.compared
        )?;
        for difference in self.differences.iter().take(SHOWN) {
            write!(formatter, "\n  {difference}")?;
        }
        if all > SHOWN { write!(formatter, "\n  and {} more", all - SHOWN) } else { Ok(()) }
    }
}

impl std::error::Error for Disagreement {}

impl From<sqlx::Error> for Disagreement {
    fn from(error: sqlx::Error) -> Self {
        Self { unread: Some(error.to_string()), ..Self::default() }
    }
}
