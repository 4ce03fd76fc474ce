//! A decided round on its way to the ledger.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::future::join_all;

use super::Inner;
use super::chain::GrowingChain;
use super::job::Job;
use super::outcome;
use super::trail::Trail;
use crate::streams::Streams;

pub(super) struct Flight<'a> {
    pub(super) inner: &'a Inner,
    pub(super) streams: Streams<'a>,
    pub(super) chains: Vec<GrowingChain>,
    pub(super) trail: Arc<Trail>,
}

/// How it went. Those who were appended or have failed know by then.
pub(super) struct Landed {
    /// All of it was appended: what was decided on what it would leave holds.
    pub(super) whole: bool,
    /// Who has to be decided again.
    pub(super) again: VecDeque<Job>,
}

impl Flight<'_> {
    /// Appends all chains at once.
    pub(super) async fn land(mut self) -> Landed {
        let appenders = self.inner.ledger.appenders();
        let answers = join_all(self.chains.iter_mut().map(|chain| chain.append(appenders))).await;
        let whole = answers.iter().all(outcome::is_appended);
        // Side by side: whoever was appended does not wait for what others have to read.
        let settled = self
            .chains
            .into_iter()
            .zip(answers)
            .map(|(chain, answer)| outcome::settle(&self.streams, &self.trail, chain, answer));
        let again = join_all(settled).await.into_iter().flatten().collect();
        Landed { whole, again }
    }
}
