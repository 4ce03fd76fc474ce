//! Why a question has no answer.

use std::sync::Arc;

use thiserror::Error;
use xentri_domain::kernel::EventId;
use xentri_ledger::{DatabaseError, OpeningError};
use xentri_schemas::ReadError;

use crate::time_travel::TimeTravelError;

#[derive(Debug, Clone, Error)]
pub enum InquiryError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Fold(#[from] TimeTravelError),
    #[error("event {event} can't be read")]
    Unreadable {
        event: EventId,
        #[source]
        error: Arc<ReadError>,
    },
    #[error("personal fields don't open")]
    Opening(#[source] Arc<OpeningError>),
}

impl From<OpeningError> for InquiryError {
    fn from(error: OpeningError) -> Self {
        Self::Opening(Arc::new(error))
    }
}
