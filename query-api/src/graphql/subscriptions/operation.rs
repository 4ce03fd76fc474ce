//! One subscription of one client: what it has had, and what it is to be sent next.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::ServerError;
use async_graphql::parser::types::OperationType;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::admit::{Admits, Admitted};
use super::hub::Hub;
use super::recent::{self, Payload};
use super::render::{Operation, declared, passes, refusal};
use super::shape::{Kept, Shape};
use crate::graphql::answer;
use crate::graphql::document::{DocumentError, chosen};
use crate::graphql::door::Asked;
use crate::graphql::error::ReadError;
use crate::graphql::views::Topic;

const AWAY: Duration = Duration::from_millis(200);

/// Where events are to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Now,
    After(u64),
}

/// What a client is to be sent.
#[derive(Debug)]
pub(super) enum News {
    /// Of events also the last that is not to be sent.
    Begun(Option<u64>),
    /// Of events also how far they go.
    Next(Vec<Payload>, Option<u64>),
    /// It is over.
    Failed(Vec<ServerError>),
}

/// What a subscription is begun with.
pub(super) struct Beginning {
    pub(super) hub: Arc<Hub>,
    pub(super) admits: Arc<dyn Admits>,
    pub(super) admitted: Arc<Admitted>,
    pub(super) asked: Asked,
}

struct Subscribed {
    hub: Arc<Hub>,
    shape: Arc<Shape>,
    news: watch::Receiver<()>,
    /// Up to where an event can be read.
    upto: watch::Receiver<Option<u64>>,
    seen: Seen,
}

enum Seen {
    Upto(u64),
    Rows(recent::Seen),
}

impl Seen {
    fn upto(&self) -> Option<u64> {
        match self {
            Self::Upto(upto) => Some(*upto),
            Self::Rows(_) => None,
        }
    }
}

enum State {
    Begins(Spawned<Result<Subscribed, Vec<ServerError>>>),
    Goes(Box<Subscribed>),
    Over,
}

/// Reads in a task of its own, so that nothing is held while its client is slow; ends with the value.
struct Spawned<T>(JoinHandle<T>);

impl<T: Send + 'static> Spawned<T> {
    fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }
}

impl<T> Drop for Spawned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Ends after a failure.
pub(super) fn news(beginning: Beginning) -> BoxStream<'static, News> {
    let state = State::Begins(Spawned::new(beginning.begin()));
    stream::unfold(state, |state| async move {
        match state {
            State::Begins(mut begins) => match (&mut begins.0).await {
                Ok(Ok(subscribed)) => {
                    let begun = News::Begun(subscribed.seen.upto());
                    Some((begun, State::Goes(Box::new(subscribed))))
                }
                Ok(Err(errors)) => Some((News::Failed(errors), State::Over)),
                Err(_) => Some((failed(&ReadError::Unreadable("a subscription")), State::Over)),
            },
            State::Goes(mut subscribed) => {
                let news = subscribed.next().await?;
                let over = matches!(news, News::Failed(_));
                Some((news, if over { State::Over } else { State::Goes(subscribed) }))
            }
            State::Over => None,
        }
    })
    .boxed()
}

fn failed(error: &ReadError) -> News {
    News::Failed(refusal(error))
}

impl Beginning {
    async fn begin(self) -> Result<Subscribed, Vec<ServerError>> {
        let Self { hub, admits, admitted, asked } = self;
        // Those who come back all at once take turns; what lasts so long may wait a little.
        while let Some(pause) = admits.pace(admitted.principal.org()) {
            sleep(pause).await;
        }
        let document = hub.reads.document(&asked).await.map_err(|error| match error {
            DocumentError::Refused(error) => refusal(&error),
            DocumentError::Syntax(error) => answer::unreadable(error).errors,
        })?;
        let chosen = chosen(&document.parsed, asked.operation_name.as_deref());
        if chosen.is_some_and(|operation| operation.ty != OperationType::Subscription) {
            let said = "a socket is for subscriptions; queries are asked by POST";
            return Err(refusal(&ReadError::Argument(said.to_owned())));
        }
        let tokens: Vec<&str> =
            admitted.consistency_token.as_deref().into_iter().chain(asked.consistency_token()).collect();
        let variables = declared(chosen, asked.variables.clone().unwrap_or_default());
        let operation = Operation {
            document: document.clone(),
            name: asked.operation_name.clone(),
            variables: variables.map_err(|error| refusal(&error))?,
            principal: admitted.principal.clone(),
            language: admitted.language,
        };
        let reader = hub.reader(&operation).await.map_err(|error| refusal(&error))?;
        let topic = operation.topic(&hub, reader.clone()).await?;
        let consistent = hub.reads.be_consistent(&tokens, &document, &reader).await;
        consistent.map_err(|error| refusal(&error))?;
        let home = reader.org().await.map_err(|error| refusal(&error))?.home;
        // What was read until here is given back.
        drop(reader);
        let (_tail, mut upto) = hub.tail(home);
        let begins = match &topic {
            Topic::Events { after, .. } => {
                let place = after.map_or(Place::Now, Place::After);
                let begins = begin_at(&hub, &operation, place, &mut upto).await;
                Some(begins.map_err(|error| refusal(&error))?)
            }
            _ => None,
        };
        let shape = hub.shape(home, &topic, &operation);
        let (shape, news) = shape.map_err(|short| refusal(&short.into()))?;
        let seen = begins.map_or_else(|| Seen::Rows(shape.begin()), Seen::Upto);
        Ok(Subscribed { hub, shape, news, upto, seen })
    }
}

/// The last event that is not to be sent.
async fn begin_at(
    hub: &Hub,
    operation: &Operation,
    place: Place,
    upto: &mut watch::Receiver<Option<u64>>,
) -> Result<u64, ReadError> {
    let known = upto.wait_for(Option::is_some).await.map_err(|_| ReadError::Keys)?.unwrap_or_default();
    match place {
        Place::Now => Ok(known),
        Place::After(after) if after <= known => Ok(after),
        Place::After(after) => hub.check(operation, place).await.map(|()| after),
    }
}

/// What there is for somebody who has seen so much.
enum Found {
    News(News),
    Nothing,
    Behind,
}

impl Subscribed {
    /// None when the process stops.
    async fn next(&mut self) -> Option<News> {
        loop {
            self.news.borrow_and_update();
            match self.look() {
                Found::News(news) => return Some(news),
                Found::Nothing => self.news.changed().await.ok()?,
                Found::Behind => {
                    if let Some(news) = self.catch_up().await {
                        return Some(news);
                    }
                }
            }
        }
    }

    fn look(&mut self) -> Found {
        match (&*self.shape.kept(), &mut self.seen) {
            (Kept::Events(recent), Seen::Upto(seen)) => {
                let Some(part) = recent.behind(*seen) else { return Found::Behind };
                *seen = part.upto;
                if part.payloads.is_empty() {
                    return Found::Nothing;
                }
                Found::News(News::Next(part.payloads, Some(part.upto)))
            }
            (Kept::Rows(rows), Seen::Rows(seen)) => {
                let unseen = rows.unseen(seen);
                if unseen.is_empty() { Found::Nothing } else { Found::News(News::Next(unseen, None)) }
            }
            (Kept::Failed(error), _) => Found::News(failed(error)),
            // A shape keeps what its topic is.
            _ => Found::Nothing,
        }
    }

    /// From the ledger; None where there was nothing to show so far.
    async fn catch_up(&mut self) -> Option<News> {
        let Seen::Upto(after) = self.seen else { return None };
        let end = self.upto.borrow().unwrap_or(after);
        let (hub, shape) = (self.hub.clone(), self.shape.clone());
        let mut reading = Spawned::new(async move { hub.part(&shape, after, end).await });
        match (&mut reading.0).await {
            Ok(Ok(part)) if part.upto > after => {
                self.seen = Seen::Upto(part.upto);
                let some = !part.payloads.is_empty();
                some.then(|| News::Next(part.payloads.clone(), Some(part.upto)))
            }
            Ok(Err(error)) if !passes(&error) => Some(failed(&error)),
            // It passes: nothing is lost by trying again.
            _ => {
                sleep(AWAY).await;
                None
            }
        }
    }
}
