//! Saving a snapshot.

use thiserror::Error;
use xentri_domain::aggregate::{Stream, StreamRef};
use xentri_domain::kernel::StreamId;

use crate::database::{DatabaseError, TenantTx};

/// A state as it is stored, and what made it.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedState {
    stream: StreamRef,
    version: u32,
    fold_version: u32,
    json: Vec<u8>,
}

/// Why a state is not to be stored.
#[derive(Debug, Error)]
pub enum EncodeError {
    /// It was folded from opened events: stored, it would outlive the person's key.
    #[error("the state of {stream} has {pointer} open")]
    Open { stream: StreamRef, pointer: String },
    #[error("the state of {stream} can't be written as JSON")]
    Json {
        stream: StreamRef,
        #[source]
        error: serde_json::Error,
    },
}

impl EncodedState {
    /// The state of a stream after `version`, folded from sealed events.
    pub fn of<S: Stream>(id: StreamId, version: u32, state: &S) -> Result<Self, EncodeError> {
        let stream = StreamRef::of::<S>(id);
        let mut open = None;
        state.clone().visit_personal(&mut |pointer, field| {
            if field.open_text().is_some() {
                open.get_or_insert_with(|| pointer.to_owned());
            }
        });
        if let Some(pointer) = open {
            return Err(EncodeError::Open { stream, pointer });
        }
        let json = serde_json::to_vec(state).map_err(|error| EncodeError::Json { stream, error })?;
        Ok(Self { stream, version, fold_version: S::FOLD_VERSION, json })
    }
}

/// Of two folds the newer one stays, of two states of one fold the later: processes of two releases may write side by side,
/// and a slow one may come late.
const SAVE: &str = "insert into snapshot as s (shard, org_id, stream_type, stream_id, version, fold_version, state) \
     values ($1, $2, $3, $4, $5::bigint, $6::bigint, $7) \
     on conflict (shard, org_id, stream_type, stream_id) do update \
     set version = excluded.version, fold_version = excluded.fold_version, state = excluded.state, created_at = now() \
     where (excluded.fold_version, excluded.version) > (s.fold_version, s.version)";

/// False when there is one already that is as new.
pub async fn save_snapshot_in_tx(tx: &mut TenantTx, state: &EncodedState) -> Result<bool, DatabaseError> {
    let query = sqlx::query(SAVE)
        .bind(tx.shard().number())
        .bind(tx.org().uuid())
        .bind(state.stream.stream_type)
        .bind(state.stream.id.uuid())
        .bind(i64::from(state.version))
        .bind(i64::from(state.fold_version))
        .bind(&state.json);
    Ok(query.execute(tx.connection()).await?.rows_affected() > 0)
}
