//! Why a command to an org is refused.

use thiserror::Error;

use crate::aggregate::refusals;
use crate::kernel::{OrgId, StreamId};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OrgError {
    #[error("org {id} is not known")]
    NotFound { id: StreamId },
    #[error("{id} is another org than {org}, for which the command was given")]
    AnotherOrg { id: StreamId, org: OrgId },
    #[error("org {id} exists already")]
    AlreadyExists { id: StreamId },
}

refusals! {
    OrgError;
    NotFound NotFound "not_found";
    AnotherOrg Invalid "another_org";
    AlreadyExists AlreadyExists "already_exists";
}
