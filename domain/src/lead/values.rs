//! Values that only a lead has.

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::kernel::{Coded, wire};

/// Where a lead came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Form,
    Import,
    Manual,
}

/// How somebody talked to a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Email,
    Phone,
    Meeting,
    Message,
    Other,
}

/// How promising a lead is, from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Score(u8);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected 0 to {}", Score::MAX)]
pub struct ScoreError;

impl Coded for ScoreError {
    fn code(&self) -> &'static str {
        "out_of_range"
    }
}

impl Score {
    pub const MAX: u8 = 100;

    pub fn new(score: i64) -> Result<Self, ScoreError> {
        u8::try_from(score).ok().filter(|score| *score <= Self::MAX).map(Self).ok_or(ScoreError)
    }

    pub fn get(self) -> u8 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(deserializer)?).map_err(|error| wire::refuse(&error))
    }
}

wire::json_schema_of!(Score, {
    "description": "How promising a lead is, from 0 to 100.",
    "type": "integer",
    "minimum": 0,
    "maximum": Score::MAX,
    "examples": [80],
});
