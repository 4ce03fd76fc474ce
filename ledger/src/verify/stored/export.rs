//! Everything an org has, as one file.

use std::io::Write;

use sqlx::Row as _;
use thiserror::Error;
use xentri_domain::kernel::Timestamp;

use super::session::AuditSession;
use super::walk::{Stretch, walk};
use crate::database::{DatabaseError, Databases, Home};
use crate::verify::book::CheckpointBook;
use crate::verify::bundle::{BundleError, BundleWriter};
use crate::verify::checkpoint::Checkpoint;
use crate::verify::key::CheckpointKey;

#[derive(Debug, Error)]
pub enum ExportError {
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Writes an org's events as of one moment, verified on the way, in constant memory. Gives back `out`, which is not
/// flushed, and what was signed, which has to go on from what `book` has. After an error `out` is gone, and has a file that every reader refuses.
pub async fn export_org<W: Write + Send + 'static>(
    databases: &Databases,
    home: Home,
    out: W,
    key: &CheckpointKey,
    exported_at: Timestamp,
    book: &CheckpointBook,
) -> Result<(W, Checkpoint), ExportError> {
    let mut session = AuditSession::of(databases.of(home.shard())?);
    let query = "select org_seq from event where shard = $1 and org_id = $2 order by org_seq desc limit 1";
    let query = sqlx::query(query).bind(home.shard().number()).bind(home.org().uuid());
    let rows = session.rows(query).await?;
    let head: i64 = rows.first().ok_or(BundleError::Empty)?.try_get(0).map_err(DatabaseError::from)?;
    let bundle = BundleWriter::start(out, home.org(), exported_at, book)?;
    let stretch = Stretch::Org(home.shard().number(), home.org().uuid(), i64::MIN..=head);
    let (bundle, end) = walk(&mut session, stretch, bundle, BundleWriter::event).await?;
    end?;
    // A signed end that is gone would be signed away.
    let events = |org| if org == home.org() { u64::try_from(head).unwrap_or_default() } else { u64::MAX };
    if let Some(missing) = book.missing(events).into_iter().next() {
        return Err(BundleError::Ledger(Box::new(missing)).into());
    }
    Ok(bundle.finish(key)?)
}
