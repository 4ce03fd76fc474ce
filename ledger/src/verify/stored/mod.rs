//! Verifying, signing and exporting what is stored: the rows come from Postgres, the rest of `verify` says whether they
//! fit. Here it is looked at as well whether orgs are where they should be.

mod copied;
mod error;
mod export;
mod heads;
mod org;
mod orgs;
mod places;
mod restored;
mod session;
mod sign;
mod walk;
mod whole;

pub use error::{Findings, VerifyError};
pub use export::{ExportError, export_org};
pub use org::verify_org;
pub use restored::take_back_after_restore;
pub use sign::{CheckpointsError, make_checkpoints};
pub use whole::{LedgerReport, Progress, ShardReport, verify_ledger};
