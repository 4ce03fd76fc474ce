//! Tokens that were proved already.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use sha2::{Digest as _, Sha256};

use super::claims::Seconds;
use super::identity::Identity;

/// Nobody's memory is kept for tokens that have gone out of use.
const IDLE: Duration = Duration::from_mins(10);

type TokenHash = [u8; 32];

/// Remembers tokens by their hash: what is in memory opens no door.
#[derive(Debug)]
pub(super) struct TokenCache(Cache<TokenHash, Arc<Proved>>);

/// Holds until it expires, and as long as its issuer has the same keys as when it was proved.
#[derive(Debug, Clone)]
pub(super) struct Proved {
    pub(super) identity: Identity,
    pub(super) expires: Seconds,
    /// The place among the issuers.
    pub(super) issuer: usize,
    pub(super) generation: u64,
}

impl TokenCache {
    pub(super) fn new(most: u64) -> Self {
        Self(Cache::builder().max_capacity(most).time_to_idle(IDLE).build())
    }

    pub(super) fn hash(token: &str) -> TokenHash {
        Sha256::digest(token.as_bytes()).into()
    }

    pub(super) async fn get(&self, hash: &TokenHash) -> Option<Arc<Proved>> {
        self.0.get(hash).await
    }

    pub(super) async fn keep(&self, hash: TokenHash, proved: Arc<Proved>) {
        self.0.insert(hash, proved).await;
    }

    pub(super) async fn forget(&self, hash: &TokenHash) {
        self.0.invalidate(hash).await;
    }

    #[cfg(test)]
    pub(super) async fn len(&self) -> u64 {
        self.0.run_pending_tasks().await;
        self.0.entry_count()
    }
}
