//! Why a read is not answered.

use std::fmt::Display;

use xentri_domain::kernel::Permission;
use xentri_schemas::{ErrorKind, Problem};

use crate::error::ReadError;

pub(super) fn missing(permission: Permission) -> Problem {
    Problem::new(ErrorKind::FORBIDDEN).detail(format!("missing the permission {permission}"))
}

/// The value is not repeated: it may be anything.
pub(super) fn bad_parameter(name: &str, fault: impl Display) -> Problem {
    Problem::new(ErrorKind::BAD_PARAMETER).detail(format!("{name}: {fault}"))
}

/// Of whatever goes wrong with a read; told once, here.
pub(super) fn of(error: impl Into<ReadError>) -> Problem {
    let error = error.into();
    error.log();
    error.problem()
}
