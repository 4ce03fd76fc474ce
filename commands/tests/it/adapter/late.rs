//! A store that lets something else happen before it commits.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Mutex;

use cqrs_es::{Aggregate, AggregateError, EventEnvelope, EventStore};
use xentri_commands::OneCommand;

type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(super) struct Late {
    store: OneCommand,
    meanwhile: Mutex<Option<Meanwhile>>,
}

impl Late {
    pub(super) fn new(store: OneCommand, meanwhile: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { store, meanwhile: Mutex::new(Some(Box::pin(meanwhile))) }
    }
}

impl<A: Aggregate> EventStore<A> for Late
where
    OneCommand: EventStore<A>,
    <OneCommand as EventStore<A>>::AC: Send,
{
    type AC = <OneCommand as EventStore<A>>::AC;

    async fn load_events(&self, id: &str) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        self.store.load_events(id).await
    }

    async fn load_aggregate(&self, id: &str) -> Result<Self::AC, AggregateError<A::Error>> {
        self.store.load_aggregate(id).await
    }

    async fn commit(
        &self,
        events: Vec<A::Event>,
        context: Self::AC,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(meanwhile) = meanwhile {
            meanwhile.await;
        }
        self.store.commit(events, context, metadata).await
    }
}
