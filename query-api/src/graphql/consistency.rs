//! Reading one's own writes: a token waits until what is read has come to the event that it names.

use tokio::time::Instant;
use xentri_ledger::{ConsistencyToken, DerivedKeys, Home};
use xentri_projections::standing::holds_back_in_tx;

use super::checkpoints::{Awaited, Checkpoints};
use super::error::ReadError;
use super::reader::Reader;
use super::reads::Model;

pub(super) fn open(text: &str, home: Home, keys: &DerivedKeys) -> Result<ConsistencyToken, ReadError> {
    let token = ConsistencyToken::open(text, home.org(), keys).map_err(|_| ReadError::Token)?;
    if token.shard == home.shard() { Ok(token) } else { Err(ReadError::Token) }
}

/// Before the request's snapshot is taken, so that it has what was waited for.
pub(super) async fn wait(
    token: &ConsistencyToken,
    models: &[Model],
    checkpoints: &Checkpoints,
    until: Instant,
) -> Result<(), ReadError> {
    let awaited = Awaited { shard: token.shard, place: (token.epoch, token.position), models };
    if models.is_empty() || checkpoints.passed(awaited, until).await { Ok(()) } else { Err(ReadError::Stale) }
}

/// A checkpoint goes past events that wait because they could not be folded.
pub(super) async fn refuse_parked(
    token: &ConsistencyToken,
    models: &[Model],
    reader: &Reader,
) -> Result<(), ReadError> {
    if models.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = models.iter().map(|model| model.name).collect();
    let mut tx = reader.tx().await?;
    let held = holds_back_in_tx(&mut tx, &names, token.stream.id.uuid(), token.position).await?;
    if held { Err(ReadError::Parked) } else { Ok(()) }
}
