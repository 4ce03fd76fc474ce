//! Why a state can't be shown.

use std::sync::Arc;

use thiserror::Error;
use xentri_domain::aggregate::StreamRef;
use xentri_ledger::{DatabaseError, OpeningError};
use xentri_schemas::ReadError;

#[derive(Debug, Clone, Error)]
pub enum TimeTravelError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("personal fields of {stream} don't open")]
    Opening {
        stream: StreamRef,
        #[source]
        error: Arc<OpeningError>,
    },
    #[error("event {version} of {stream} can't be read")]
    Unreadable {
        stream: StreamRef,
        version: u32,
        #[source]
        error: Arc<ReadError>,
    },
    #[error("event {version} of {stream} is a {type_name}, newer than this program: update it")]
    TooNew { stream: StreamRef, version: u32, type_name: String },
    #[error("the state of {stream} can't be written")]
    Unwritten {
        stream: StreamRef,
        #[source]
        error: Arc<serde_json::Error>,
    },
}
