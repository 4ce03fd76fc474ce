//! What came of a rebuild.

use std::time::Duration;

use serde_json::{Value, json};

use crate::runtime::MemberId;

/// What came of one read model in one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    pub id: MemberId,
    /// Its number, from one.
    pub database: usize,
    /// What readers saw before, which is fed for the grace time.
    pub replaced: Option<MemberId>,
    pub events: u64,
    pub rows: u64,
    /// Discarded events.
    pub left_out: u64,
    /// Events that can't be folded, and those that wait behind them.
    pub parked: u64,
    /// How long this run took to load all that it loaded, indexes included; nothing where another run had done it.
    pub loaded_in: Duration,
    /// How long readers could not begin.
    pub locked: Duration,
}

impl Rebuilt {
    /// For programs.
    pub fn as_value(&self) -> Value {
        json!({
            "rebuilt": self.id.to_string(),
            "database": self.database,
            "projection": self.id.projection,
            "version": self.id.version,
            "generation": self.id.generation,
            "replaced": self.replaced.as_ref().map(ToString::to_string),
            "events": self.events,
            "rows": self.rows,
            "left_out": self.left_out,
            "parked": self.parked,
            "loaded_ms": millis(self.loaded_in),
            "locked_ms": millis(self.locked),
        })
    }
}

/// To a tenth.
pub fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}
