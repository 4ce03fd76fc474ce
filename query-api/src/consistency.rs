//! Reading one's own writes: who brings the token of a command waits until what is read has come to the event that it names.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use xentri_ledger::{CONSISTENCY_LABEL, ConsistencyToken, DerivedKeys, Home, Ledger, TenantTx};
use xentri_projections::standing::holds_back_in_tx;

use crate::checkpoints::{Awaited, Checkpoints};
use crate::error::ReadError;
use crate::reads::Model;

const TOKEN: &str = "x-consistency-token";

pub(crate) struct Consistency {
    ledger: Ledger,
    checkpoints: Checkpoints,
    /// How long a read waits.
    patience: Duration,
    keys: OnceCell<Arc<DerivedKeys>>,
}

/// Events that what is read has passed.
#[derive(Debug, Default)]
pub(crate) struct Passed(Vec<ConsistencyToken>);

impl Consistency {
    /// Must be called within a Tokio runtime.
    pub(crate) fn new(ledger: Ledger, patience: Duration) -> Self {
        let checkpoints = Checkpoints::new(ledger.databases());
        Self { ledger, checkpoints, patience, keys: OnceCell::new() }
    }

    /// Of what clients are given and bring back: tokens, cursors.
    pub(crate) async fn keys(&self) -> Result<Arc<DerivedKeys>, ReadError> {
        let derive = async || self.ledger.keys().token_keys(CONSISTENCY_LABEL).await.map(Arc::new);
        let keys = self.keys.get_or_try_init(derive).await;
        keys.cloned().map_err(|_| ReadError::Keys)
    }

    pub(crate) fn checkpoints(&self) -> &Checkpoints {
        &self.checkpoints
    }

    /// Before anything is read, so that what is seen has what was waited for. All tokens together wait no longer than one.
    pub(crate) async fn wait(
        &self,
        tokens: &[&str],
        home: Home,
        models: &[Model],
    ) -> Result<Passed, ReadError> {
        if tokens.is_empty() {
            return Ok(Passed::default());
        }
        let keys = self.keys().await?;
        let tokens = tokens.iter().map(|text| open(text, home, &keys)).collect::<Result<Vec<_>, _>>()?;
        let until = Instant::now() + self.patience;
        for token in &tokens {
            let awaited = Awaited { shard: token.shard, place: (token.epoch, token.position), models };
            if !models.is_empty() && !self.checkpoints.passed(awaited, until).await {
                return Err(ReadError::Stale);
            }
        }
        Ok(Passed(tokens))
    }
}

impl Passed {
    /// A checkpoint goes past events that wait because they could not be folded, so what is read from is asked for these.
    pub(crate) async fn refuse_parked_in_tx(
        &self,
        tx: &mut TenantTx,
        models: &[Model],
    ) -> Result<(), ReadError> {
        if models.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = models.iter().map(|model| model.name).collect();
        for token in &self.0 {
            if holds_back_in_tx(tx, &names, token.stream.id.uuid(), token.position).await? {
                return Err(ReadError::Parked);
            }
        }
        Ok(())
    }
}

/// Those that a request's headers name.
pub(crate) fn tokens(headers: &HeaderMap) -> Result<Vec<&str>, ReadError> {
    let texts = headers.get_all(TOKEN).iter().map(|value| value.to_str().map_err(|_| ReadError::Token));
    texts.collect()
}

fn open(text: &str, home: Home, keys: &DerivedKeys) -> Result<ConsistencyToken, ReadError> {
    let token = ConsistencyToken::open(text, home.org(), keys).map_err(|_| ReadError::Token)?;
    if token.shard == home.shard() { Ok(token) } else { Err(ReadError::Token) }
}
