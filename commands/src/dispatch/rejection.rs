//! A rejection is answered only when it rests on what is current, and when the command was not done before.

use xentri_domain::aggregate::StreamRef;
use xentri_ledger::{TenantTx, stream_versions_in_tx};

use super::work::{Stage, Work};
use super::{Answer, DispatchError, Dispatcher};
use crate::streams::Streams;

pub(super) enum Settled {
    Refused(DispatchError),
    /// It was done when it came first.
    Replayed(Answer),
    /// The streams have moved on: it has to be decided again.
    Outdated,
}

impl Dispatcher {
    /// `seen`: the streams that it rests on, at their versions. A state counts as current when it is at least as new as the
    /// ledger was at some moment since the command came.
    pub(super) async fn settle_rejection(
        &self,
        work: &mut Work,
        error: DispatchError,
        seen: &[(StreamRef, u32)],
    ) -> Result<Settled, DispatchError> {
        // The receipt first, each time: what it may have changed is what the rejection is about.
        if let Some(answer) = self.first_answer(work).await? {
            return Ok(Settled::Replayed(answer));
        }
        let is_current = |work: &Work| {
            seen.iter().all(|(stream, version)| work.current.get(stream).is_some_and(|now| now <= version))
        };
        if is_current(work) {
            return Ok(Settled::Refused(error));
        }
        let names: Vec<_> = seen.iter().map(|(stream, _)| *stream).collect();
        let mut tx = TenantTx::read(self.ledger.databases(), work.home).await?;
        let current = stream_versions_in_tx(&mut tx, &names).await?;
        tx.commit().await?;
        work.current.extend(names.iter().copied().zip(current.iter().copied()));
        if is_current(work) {
            return Ok(Settled::Refused(error));
        }
        work.progress.reach(Stage::Raced);
        work.subject_streams = None;
        let streams = Streams { ledger: &self.ledger, home: work.home };
        for ((stream, version), current) in seen.iter().zip(current) {
            if *version != current {
                let state = streams.reload(*stream).await.map_err(|error| DispatchError::of_load(&error))?;
                work.known.insert(*stream, state);
            }
        }
        Ok(Settled::Outdated)
    }
}

#[cfg(test)]
mod tests;
