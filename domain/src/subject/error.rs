//! Why a command to a subject is refused.

use thiserror::Error;

use crate::aggregate::refusals;
use crate::kernel::StreamId;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SubjectError {
    #[error("nothing is known about subject {id}")]
    NotFound { id: StreamId },
}

refusals! {
    SubjectError;
    NotFound NotFound "not_found";
}
