//! Why a rebuild did not come to its end. What it has done stays, unless it was cancelled.

use thiserror::Error;
use xentri_ledger::{DatabaseError, Shard};

use super::compare::Difference;
use crate::runtime::{MemberId, Trouble};

/// Of Postgres.
const DISK_FULL: &str = "53100";

#[derive(Debug, Error)]
pub enum RebuildError {
    #[error("there is no read model {0}")]
    Unknown(String),
    #[error("{0} is being rebuilt by another process")]
    Running(String),
    #[error("{0} is being rebuilt in another version: cancel that, or go on with the release that began it")]
    OtherVersion(MemberId),
    #[error("no rebuild of {0} waits to be resumed")]
    NothingToResume(String),
    #[error("no rebuild of {0} is under way")]
    NothingUnderWay(String),
    #[error("{0} has no generation in its grace time: there is nothing to go back to")]
    NothingToReturnTo(String),
    /// Somebody asked for it. It can be resumed.
    #[error("the rebuild of {0} is paused")]
    Paused(String),
    /// Somebody asked for it. Nothing is left of it.
    #[error("the rebuild of {0} was cancelled")]
    Cancelled(String),
    #[error("{}", names(.0))]
    Differs(Vec<Difference>),
    /// The first of them, and of how many.
    #[error("{id}: {events} events can't be folded, the first of them because {first}; mend the fold first")]
    TooManyHeld { id: MemberId, events: usize, first: String },
    /// What an event touches can't be told.
    #[error("nothing can be read beyond this: {0}")]
    Unreadable(String),
    #[error("shard {shard} has a gap after position {position}")]
    Gap { shard: Shard, position: u64 },
    #[error("the ledger has gone back to before what {0} was made of: cancel this rebuild and begin anew")]
    GoneBack(MemberId),
    #[error(
        "{id} has not come to the live one's place in shard {shard} for {minutes} minutes: see what keeps its worker"
    )]
    Behind { id: MemberId, shard: Shard, minutes: u64 },
    /// It may go on later.
    #[error(
        "the database's disk is full ({0}): the rebuild goes on once there is room; `xentri rebuild --cancel` gives back what this has taken"
    )]
    NoRoom(String),
    #[error("keys: {0}")]
    Keys(String),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

fn names(differences: &[Difference]) -> String {
    let names: Vec<_> = differences.iter().map(|difference| difference.id.to_string()).collect();
    format!("{} is not as what readers see, and was not put in its place", names.join(", "))
}

impl RebuildError {
    /// It may work later, from where it stands.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoRoom(_) => true,
            Self::Database(error) => error.is_transient(),
            _ => false,
        }
    }
}

impl From<sqlx::Error> for RebuildError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) if error.code().as_deref() == Some(DISK_FULL) => {
                Self::NoRoom(error.message().to_owned())
            }
            other => Self::Database(other.into()),
        }
    }
}

impl From<Trouble> for RebuildError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Database(error) => Self::Database(error),
            other => Self::Keys(other.to_string()),
        }
    }
}
