//! How many files and connections this process may have open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// What systems allow where they say nothing.
const USUAL: u64 = 1024;

/// Databases, logs and whatever else must be there however many clients come.
const OURS: usize = 256;

/// How many connections of clients there may be, once as much is asked for as the system gives.
pub(crate) fn left_for_clients() -> usize {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((USUAL, USUAL));
    let most = if setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() { hard } else { soft };
    usize::try_from(most).unwrap_or(usize::MAX).saturating_sub(OURS).max(OURS)
}
