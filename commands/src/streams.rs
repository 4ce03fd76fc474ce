//! Streams of whatever type, for code that learns only at run time which ones a decision asks for.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use futures_util::future::BoxFuture;
use serde_json::Value;
use xentri_domain::aggregate::{Facts, Stream, StreamRef};
use xentri_domain::kernel::StreamId;
use xentri_domain::registry::{Event, OtherStream, StreamVisitor, visit_streams};
use xentri_ledger::{Home, Ledger, LoadError, Loaded};

use crate::dispatch::{DispatchError, View, fold};

/// The state of a stream, and the version that it includes.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) value: Arc<dyn Any + Send + Sync>,
    pub(crate) version: u32,
}

/// Shows no state.
impl fmt::Debug for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "(state at {})", self.version)
    }
}

impl<S: Stream> From<Loaded<S>> for State {
    fn from(loaded: Loaded<S>) -> Self {
        Self { value: loaded.state, version: loaded.version }
    }
}

impl State {
    /// None when it is of another type of stream.
    pub(crate) fn of<S: Stream>(&self) -> Option<Arc<S>> {
        self.value.clone().downcast().ok()
    }
}

type Read<'a> = BoxFuture<'a, Result<State, LoadError>>;
type Fold = for<'a> fn(&'a Ledger, Home, StreamId, View) -> BoxFuture<'a, Result<Value, DispatchError>>;

/// What can be done with a stream of one type.
#[derive(Clone, Copy)]
pub(crate) struct StreamKind {
    empty: fn() -> State,
    apply: fn(&mut State, Event) -> Result<(), OtherStream>,
    add: fn(&mut Facts, StreamId, &State),
    cached: for<'a> fn(&'a Ledger, Home, StreamId) -> BoxFuture<'a, Option<State>>,
    load: for<'a> fn(&'a Ledger, Home, StreamId) -> Read<'a>,
    reload: for<'a> fn(&'a Ledger, Home, StreamId) -> Read<'a>,
    put: for<'a> fn(&'a Ledger, Home, StreamId, Append) -> BoxFuture<'a, ()>,
    fold: Fold,
}

/// What an append has made of a stream.
pub(crate) struct Append {
    /// The version before it.
    pub(crate) before: u32,
    pub(crate) state: State,
    /// How long the bodies of its events are.
    pub(crate) bytes: usize,
}

impl StreamKind {
    fn of<S: Stream>() -> Self {
        Self {
            empty: || State { value: Arc::new(S::default()), version: 0 },
            apply: apply::<S>,
            add: |facts, id, state| {
                if let Some(state) = state.of::<S>() {
                    facts.add::<S>(id, state);
                }
            },
            cached: |ledger, home, id| {
                Box::pin(async move { ledger.states().cached::<S>(home, id).await.map(State::from) })
            },
            load: |ledger, home, id| {
                Box::pin(async move { Ok(ledger.states().load::<S>(home, id).await?.into()) })
            },
            reload: |ledger, home, id| {
                Box::pin(async move { Ok(ledger.states().reload::<S>(home, id).await?.into()) })
            },
            put: |ledger, home, id, append| Box::pin(put::<S>(ledger, home, id, append)),
            fold: |ledger, home, id, view| Box::pin(fold::<S>(ledger, home, id, view)),
        }
    }
}

fn apply<S: Stream>(state: &mut State, event: Event) -> Result<(), OtherStream> {
    let event: S::Event = event.try_into()?;
    let mut value = state.of::<S>().unwrap_or_default();
    // Whoever holds the state before keeps it.
    state.value = Arc::new(());
    Arc::make_mut(&mut value).apply(&event);
    *state = State { value, version: state.version + 1 };
    Ok(())
}

async fn put<S: Stream>(ledger: &Ledger, home: Home, id: StreamId, append: Append) {
    let Some(state) = append.state.of::<S>() else { return };
    let loaded = Loaded { state, version: append.state.version };
    ledger.states().put::<S>(home, id, append.before, loaded, append.bytes).await;
}

struct Collect(HashMap<&'static str, StreamKind>);

impl StreamVisitor for Collect {
    fn visit<S: Stream>(&mut self) {
        self.0.insert(S::TYPE, StreamKind::of::<S>());
    }
}

static KINDS: LazyLock<HashMap<&'static str, StreamKind>> = LazyLock::new(|| {
    let mut kinds = Collect(HashMap::new());
    visit_streams(&mut kinds);
    kinds.0
});

/// One stream of an org, as the ledger has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Streams<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) home: Home,
}

impl Streams<'_> {
    /// What is kept of it, without a read; it may be old.
    pub(crate) async fn cached(&self, stream: StreamRef) -> Option<State> {
        (kind(stream)?.cached)(self.ledger, self.home, stream.id).await
    }

    /// What is kept, or else what the ledger has.
    pub(crate) async fn load(&self, stream: StreamRef) -> Result<State, LoadError> {
        match kind(stream) {
            Some(kind) => (kind.load)(self.ledger, self.home, stream.id).await,
            None => Ok(empty(stream)),
        }
    }

    /// What the ledger has now.
    pub(crate) async fn reload(&self, stream: StreamRef) -> Result<State, LoadError> {
        match kind(stream) {
            Some(kind) => (kind.reload)(self.ledger, self.home, stream.id).await,
            None => Ok(empty(stream)),
        }
    }

    pub(crate) async fn put(&self, stream: StreamRef, append: Append) {
        if let Some(kind) = kind(stream) {
            (kind.put)(self.ledger, self.home, stream.id, append).await;
        }
    }
}

/// As somebody may see it.
pub(crate) async fn folded(
    ledger: &Ledger,
    home: Home,
    stream: StreamRef,
    view: View,
) -> Result<Value, DispatchError> {
    match kind(stream) {
        Some(kind) => (kind.fold)(ledger, home, stream.id, view).await,
        None => Ok(Value::Null),
    }
}

/// Before its first event.
pub(crate) fn empty(stream: StreamRef) -> State {
    kind(stream).map_or_else(|| State { value: Arc::new(()), version: 0 }, |kind| (kind.empty)())
}

/// The state after one event more.
pub(crate) fn apply_to(stream: StreamRef, state: &mut State, event: Event) -> Result<(), OtherStream> {
    match kind(stream) {
        Some(kind) => (kind.apply)(state, event),
        None => Err(OtherStream { type_name: event.kind().type_name }),
    }
}

pub(crate) fn add_to(facts: &mut Facts, stream: StreamRef, state: &State) {
    if let Some(kind) = kind(stream) {
        (kind.add)(facts, stream.id, state);
    }
}

/// Every type that an event or a fact can name is in the registry.
fn kind(stream: StreamRef) -> Option<StreamKind> {
    KINDS.get(stream.stream_type).copied()
}
