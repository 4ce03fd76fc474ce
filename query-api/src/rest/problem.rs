//! Why a read is not answered.

use std::fmt::Display;

use xentri_domain::kernel::Permission;
use xentri_ledger::{DatabaseError, KeeperError, KeyRingError, OpeningError};
use xentri_schemas::{ErrorKind, Problem};

/// In seconds: what is in the way is mostly gone by then.
const SOON: u64 = 1;

pub(super) fn missing(permission: Permission) -> Problem {
    Problem::new(ErrorKind::FORBIDDEN).detail(format!("missing the permission {permission}"))
}

/// The value is not repeated: it may be anything.
pub(super) fn bad_parameter(name: &str, fault: impl Display) -> Problem {
    Problem::new(ErrorKind::BAD_PARAMETER).detail(format!("{name}: {fault}"))
}

pub(super) fn of_database(error: &DatabaseError) -> Problem {
    if error.is_transient() { unavailable() } else { inside(error) }
}

/// An org that is erased is as good as one that never was.
pub(super) fn of_opening(error: &OpeningError) -> Problem {
    match error {
        OpeningError::Key(KeyRingError::OrgErased(_) | KeyRingError::NoOrgKey(_)) => {
            Problem::new(ErrorKind::ORG_UNKNOWN)
        }
        OpeningError::Key(error) if error.is_transient() => unavailable(),
        error => inside(error),
    }
}

pub(super) fn of_keeper(error: &KeeperError) -> Problem {
    if matches!(error, KeeperError::Unavailable(_)) { unavailable() } else { inside(error) }
}

fn unavailable() -> Problem {
    Problem::new(ErrorKind::UNAVAILABLE).retry_after(SOON)
}

/// A mistake of ours: the log has more.
pub(super) fn inside(error: &impl Display) -> Problem {
    tracing::error!(%error, "a read can't be answered");
    Problem::new(ErrorKind::INTERNAL)
}
