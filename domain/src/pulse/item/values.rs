//! Values that only an item has.

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::kernel::{Coded, wire};

/// How much something deserves attention: from 1, the most, to 5. The more important is the smaller one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Importance(u8);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected {} to {}", Importance::HIGHEST.0, Importance::LOWEST.0)]
pub struct ImportanceError;

impl Coded for ImportanceError {
    fn code(&self) -> &'static str {
        "out_of_range"
    }
}

impl Importance {
    pub const HIGHEST: Self = Self(1);
    pub const LOWEST: Self = Self(5);

    pub fn new(importance: i64) -> Result<Self, ImportanceError> {
        let importance = u8::try_from(importance).map(Self).map_err(|_| ImportanceError)?;
        if (Self::HIGHEST..=Self::LOWEST).contains(&importance) {
            Ok(importance)
        } else {
            Err(ImportanceError)
        }
    }

    pub fn get(self) -> u8 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Importance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(deserializer)?).map_err(|error| wire::refuse(&error))
    }
}

wire::json_schema_of!(Importance, {
    "description": "How much it deserves attention: from 1, the most, to 5.",
    "type": "integer",
    "minimum": Importance::HIGHEST.0,
    "maximum": Importance::LOWEST.0,
    "examples": [2],
});
