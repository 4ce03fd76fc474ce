//! The state that a command has left, for whoever asked to see it.

use serde_json::Value;
use xentri_domain::aggregate::{Stream, StreamRef};
use xentri_domain::kernel::{Permission, Principal, StreamId};
use xentri_ledger::{Home, Ledger, PageLimit, TenantTx, Until, read_stream_in_tx};
use xentri_schemas::{Envelope, Reading};

use super::{DispatchError, Dispatcher};
use crate::streams;

impl Dispatcher {
    /// The stream's state as it was at that version, as JSON: personal data open if the principal may read it, else
    /// sealed as the ledger has it.
    pub async fn state_at(
        &self,
        principal: &Principal,
        stream_type: &'static str,
        stream: StreamId,
        version: u64,
    ) -> Result<Value, DispatchError> {
        let home = self.home_of(principal).await?;
        let version = u32::try_from(version).unwrap_or(u32::MAX);
        let open = principal.allows(Permission::PERSON_READ);
        let stream = StreamRef { stream_type, id: stream };
        streams::folded(&self.ledger, home, stream, View { version, open }).await
    }
}

/// How a state is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// The last one that counts.
    version: u32,
    /// Personal data too.
    open: bool,
}

/// Folds from the first event on: a snapshot's fields can't be opened, for each is bound to its event.
pub(crate) async fn fold<S: Stream>(
    ledger: &Ledger,
    home: Home,
    id: StreamId,
    view: View,
) -> Result<Value, DispatchError> {
    let stream = StreamRef::of::<S>(id);
    let (mut state, mut after) = (S::default(), 0);
    let mut tx = TenantTx::read(ledger.databases(), home).await?;
    loop {
        let until = Until::Version(view.version);
        let page = read_stream_in_tx(&mut tx, stream, after, until, PageLimit::default()).await?;
        let mut envelopes = Vec::with_capacity(page.events.len());
        for event in &page.events {
            after = event.version;
            if let Reading::Event(envelope) = event.decode().map_err(|error| unreadable(&error))? {
                envelopes.push(*envelope);
            }
        }
        if view.open {
            open(ledger, &mut tx, &mut envelopes).await?;
        }
        for envelope in envelopes {
            let event = S::Event::try_from(envelope.payload).map_err(|error| unreadable(&error))?;
            state.apply(&event);
        }
        if !page.more {
            break;
        }
    }
    tx.commit().await?;
    serde_json::to_value(&state).map_err(|error| unreadable(&error))
}

async fn open(ledger: &Ledger, tx: &mut TenantTx, envelopes: &mut [Envelope]) -> Result<(), DispatchError> {
    ledger.keys().open_in_tx(tx, envelopes.iter_mut()).await.map_err(|error| unreadable(&error))
}

fn unreadable(error: &impl std::fmt::Display) -> DispatchError {
    tracing::error!(%error, "a state can't be shown");
    DispatchError::Internal
}
