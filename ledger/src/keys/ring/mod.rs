//! The keys of orgs and people: found in the database, unwrapped, kept open for a while, wrapped anew, destroyed.
//!
//! A reader learns within its own transaction how each key lies in the database, or that it is destroyed; a key that is
//! kept open only spares unwrapping it, and only where it is wrapped as the database says. A writer may seal with a key
//! that is kept: the append refuses what is about somebody whose key is destroyed.

mod erase;
mod error;
mod find;
mod forget;
mod kept;
mod open;
mod rotate;
mod scan;
mod sealer;
mod stored;

use std::fmt;
use std::sync::Arc;

use xentri_domain::aggregate::{HoldsPersonal, PersonalField};

use super::{DerivedKeys, KeeperError, KeyKeeper};
use crate::database::Databases;
use crate::directory::Directory;
use kept::Kept;

pub use error::{KeyRingError, OpeningError, SealingError};
pub use forget::subject_streams_in_tx;
pub use rotate::{Rotation, RotationError};
pub use scan::ShardOpener;
pub use sealer::Sealer;

/// Cheap to clone; clones share the keys that are open.
#[derive(Clone)]
pub struct KeyRing {
    databases: Databases,
    directory: Directory,
    keeper: Arc<dyn KeyKeeper>,
    kept: Kept,
}

impl KeyRing {
    pub fn new(databases: Databases, directory: Directory, keeper: Arc<dyn KeyKeeper>) -> Self {
        Self { databases, directory, keeper, kept: Kept::new() }
    }

    /// For consistency tokens, cursors and the like: one label for each use.
    pub async fn token_keys(&self, label: &str) -> Result<DerivedKeys, KeeperError> {
        self.keeper.derive(label).await
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("KeyRing").field("keeper", &self.keeper).finish_non_exhaustive()
    }
}

/// Whether anything in it is about a person and not forgotten already: then it needs their key.
fn needs_key(payload: &mut impl HoldsPersonal) -> bool {
    let mut needs = false;
    payload.visit_personal(&mut |_, field: &mut dyn PersonalField| {
        needs = needs || field.sealed().is_some() || field.open_text().is_some();
    });
    needs
}
