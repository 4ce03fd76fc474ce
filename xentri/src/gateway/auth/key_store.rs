//! An issuer's keys as they were last read, and when they are read again.
//!
//! Whatever goes wrong with reading them, the last good ones stay.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use xentri_domain::kernel::{Clock, Timestamp};

use super::key_set::KeySet;
use super::key_source::KeySource;

/// Between two readings for keys that nobody knows: anybody can send a token that names such a key.
const BETWEEN_UNKNOWN: Duration = Duration::from_mins(1);

/// Until an issuer that did not answer is asked again.
const BETWEEN_TRIES: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(super) struct Loaded {
    pub(super) keys: Arc<KeySet>,
    /// Raised when the keys are others than before.
    pub(super) generation: u64,
    at: Timestamp,
}

pub(super) struct KeyStore {
    source: Option<KeySource>,
    issuer: String,
    clock: Arc<dyn Clock>,
    max_age: Duration,
    state: RwLock<State>,
    /// Whoever holds it is the one who reads. In it: when it was last done for an unknown key.
    turn: Mutex<Option<Timestamp>>,
}

#[derive(Clone, Default)]
struct State {
    loaded: Option<Loaded>,
    /// When reading them last ended, whatever came of it.
    looked: Option<Timestamp>,
}

impl KeyStore {
    pub(super) fn new(source: KeySource, issuer: &str, clock: Arc<dyn Clock>, max_age: Duration) -> Self {
        Self {
            source: Some(source),
            issuer: issuer.to_owned(),
            clock,
            max_age,
            state: RwLock::default(),
            turn: Mutex::default(),
        }
    }

    /// Keys that never change.
    pub(super) fn fixed(keys: KeySet, issuer: &str, clock: Arc<dyn Clock>) -> Self {
        let loaded = Loaded { keys: Arc::new(keys), generation: 0, at: clock.now() };
        let state = RwLock::new(State { loaded: Some(loaded), looked: None });
        let (issuer, turn) = (issuer.to_owned(), Mutex::default());
        Self { source: None, issuer, clock, max_age: Duration::MAX, state, turn }
    }

    /// None when there were never any. Old ones are read again behind the caller's back. Only when nobody has looked for
    /// long, as after a quiet night, the caller waits for it; never again and again for an issuer that does not answer.
    pub(super) async fn current(self: &Arc<Self>) -> Option<Loaded> {
        let state = self.state();
        if self.source.is_none() || !self.is_due(&state) {
            return state.loaded;
        }
        if state.loaded.is_some() && self.within(state.looked, self.max_age.saturating_mul(2)) {
            // Whoever reads now reads for all.
            if self.turn.try_lock().is_ok() {
                let store = self.clone();
                tokio::spawn(async move { store.read_if_due().await });
            }
            return state.loaded;
        }
        self.read_if_due().await;
        self.state().loaded
    }

    /// Newer keys than `seen`, if there is a way to have them now.
    pub(super) async fn newer_than(&self, seen: &Loaded) -> Option<Loaded> {
        let mut turn = self.turn.lock().await;
        // Somebody else may have read while we waited.
        let newer = || self.state().loaded.filter(|loaded| loaded.generation != seen.generation);
        if let Some(newer) = newer() {
            return Some(newer);
        }
        if self.source.is_none() || self.within(*turn, BETWEEN_UNKNOWN) {
            return None;
        }
        *turn = Some(self.clock.now());
        self.read(&turn).await.ok()?;
        newer()
    }

    /// Whoever can't go on without keys.
    pub(super) async fn load(&self) -> Result<(), String> {
        self.read(&self.turn.lock().await).await
    }

    async fn read_if_due(&self) {
        let turn = self.turn.lock().await;
        if self.is_due(&self.state()) {
            // Logged already.
            let _ = self.read(&turn).await;
        }
    }

    async fn read(&self, _turn: &MutexGuard<'_, Option<Timestamp>>) -> Result<(), String> {
        let Some(source) = &self.source else { return Ok(()) };
        // Keys are as old as the question, not as the answer.
        let at = self.clock.now();
        let read = source.read().await;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.looked = Some(self.clock.now());
        let keys = read.inspect_err(|reason| {
            tracing::warn!(issuer = self.issuer, %source, reason, "an issuer's keys can't be read; the last ones stay");
        })?;
        let generation = match &state.loaded {
            Some(old) if old.keys.is_same(&keys) => old.generation,
            Some(old) => old.generation + 1,
            None => 0,
        };
        state.loaded = Some(Loaded { keys: Arc::new(keys), generation, at });
        Ok(())
    }

    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_due(&self, state: &State) -> bool {
        let is_old = state.loaded.as_ref().is_none_or(|loaded| !self.within(Some(loaded.at), self.max_age));
        is_old && !self.within(state.looked, BETWEEN_TRIES)
    }

    fn within(&self, then: Option<Timestamp>, span: Duration) -> bool {
        then.is_some_and(|then| self.clock.now().since(then).unwrap_or_default() < span)
    }
}
