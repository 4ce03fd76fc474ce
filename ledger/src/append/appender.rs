//! One appender: takes what waits, calls, answers, again. The next batch forms while this one commits.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use xentri_domain::kernel::OrgId;

use super::call::{self, CallError};
use super::chain::Chain;
use super::known::Known;
use super::outcome::{AppendError, Outcome};
use super::queue::{Answer, Queue, Waiting};
use super::recover;
use super::settings::AppendSettings;
use super::stats::Counters;
use super::watchdog;
use crate::database::{DatabaseError, Databases};

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

pub(super) struct Appender {
    databases: Databases,
    /// Among the databases.
    place: usize,
    queue: Arc<Queue>,
    settings: AppendSettings,
    counters: Arc<Counters>,
    connection: Option<PgConnection>,
}

impl Drop for Appender {
    /// After a panic, too.
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

/// Part of a batch that is still to be appended.
struct Part {
    chains: Vec<Waiting>,
    /// When its first try began, or since when it is in doubt.
    since: Instant,
    /// It was sent, and the connection lost.
    in_doubt: bool,
}

impl Part {
    /// The answer to a call is lost. A call takes long to be given up, so the time for inquiries begins only then.
    fn doubt(&mut self) {
        if !std::mem::replace(&mut self.in_doubt, true) {
            self.since = Instant::now();
        }
    }

    /// Nothing is left to do.
    fn give_up(self, why: impl Fn() -> AppendError) -> Vec<Part> {
        for waiting in self.chains {
            let _gone = waiting.answer.send(Err(why()));
        }
        Vec::new()
    }
}

impl Appender {
    pub(super) fn new(
        databases: Databases,
        place: usize,
        queue: Arc<Queue>,
        settings: AppendSettings,
        counters: Arc<Counters>,
    ) -> Self {
        Self { databases, place, queue, settings, counters, connection: None }
    }

    /// Until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        while let Some(chains) = self.queue.take(&self.settings.batch).await {
            let orgs: HashSet<OrgId> = chains.iter().map(|waiting| waiting.chain.home.org()).collect();
            let mut parts = vec![Part { chains, since: Instant::now(), in_doubt: false }];
            while let Some(part) = parts.pop() {
                parts.extend(self.append(part, &orgs).await);
            }
            self.let_come_back().await;
        }
    }

    /// Whoever was answered may have the next command at once: a call with them is worth more than one without.
    async fn let_come_back(&self) {
        let mut waiting = 0;
        for _ in 0..32 {
            tokio::task::yield_now().await;
            let now = self.queue.len();
            if now <= waiting {
                break;
            }
            waiting = now;
        }
    }

    /// Appends a part or says what is left of it to do, the first of it last.
    async fn append(&mut self, mut part: Part, orgs: &HashSet<OrgId>) -> Vec<Part> {
        part.chains.retain(|waiting| part.in_doubt || !waiting.answer.is_closed());
        if part.chains.is_empty() {
            return Vec::new();
        }
        match self.call(&part).await {
            Ok(outcomes) => self.answer(part, outcomes, orgs).await,
            Err(CallError::Known(DatabaseError::Data { .. } | DatabaseError::Failed { .. }))
                if part.chains.len() > 1 =>
            {
                self.counters.halved();
                let since = part.since;
                let rest = part.chains.split_off(part.chains.len() / 2);
                let half = |chains| Part { chains, since, in_doubt: part.in_doubt };
                vec![half(rest), half(part.chains)]
            }
            Err(CallError::Known(error)) if !error.is_transient() => {
                // A bad value was as bad in a call before; any other failure says nothing of that call.
                let lost = part.in_doubt && !matches!(error, DatabaseError::Data { .. });
                let why = if lost { AppendError::Unknown } else { AppendError::Refused };
                part.give_up(|| why(error.clone()))
            }
            Err(CallError::Known(error)) => self.wait(part, &error).await,
            Err(CallError::Unknown(error)) => {
                self.connection = None;
                part.doubt();
                self.wait(part, &error).await
            }
        }
    }

    async fn call(&mut self, part: &Part) -> Result<Vec<Outcome>, CallError> {
        let database = &self.databases.all()[self.place];
        // Where that fails, nothing has been sent.
        let connection = call::connected(&mut self.connection, database, self.settings.patience)
            .await
            .map_err(CallError::Known)?;
        let chains: Vec<&Chain> = part.chains.iter().map(|waiting| &waiting.chain).collect();
        self.counters.called(chains.iter().map(|chain| chain.len()).sum());
        let begin = Instant::now();
        let answer = tokio::time::timeout(
            self.settings.call,
            watchdog::watched(call::append(connection, &chains), database),
        );
        let answer = answer.await;
        self.counters.took(begin.elapsed());
        answer.unwrap_or_else(|_| {
            Err(CallError::Unknown(DatabaseError::Unavailable("no answer to an append".to_owned())))
        })
    }

    /// Pauses before the next try, and gives up on those for whom it comes too late.
    async fn wait(&mut self, part: Part, error: &DatabaseError) -> Vec<Part> {
        let waited = part.since.elapsed();
        let (most, why): (_, fn(DatabaseError) -> AppendError) = if part.in_doubt {
            (self.settings.doubt, AppendError::Unknown)
        } else {
            (self.settings.patience, AppendError::Unavailable)
        };
        if waited >= most {
            return part.give_up(|| why(error.clone()));
        }
        self.counters.failed();
        tracing::warn!(%error, waiting = part.chains.len(), "an append failed and is tried again");
        tokio::time::sleep(waited.clamp(FIRST_PAUSE, LONGEST_PAUSE)).await;
        if !part.in_doubt {
            return vec![part];
        }
        self.inquire(part).await
    }

    /// Answers those chains of a lost call that are in the ledger after all. The others are sent again, and so are all
    /// of which the ledger can't be asked.
    async fn inquire(&mut self, part: Part) -> Vec<Part> {
        let mut left = Vec::new();
        let mut chains = part.chains.into_iter();
        while let Some(waiting) = chains.next() {
            match self.find(&waiting.chain).await {
                Ok(Some(outcome)) => {
                    self.counters.answered(&outcome, waiting.chain.len());
                    let _gone = waiting.answer.send(Ok(outcome));
                }
                Ok(None) => left.push(waiting),
                Err(_) => {
                    left.push(waiting);
                    left.extend(chains);
                    break;
                }
            }
        }
        vec![Part { chains: left, ..part }]
    }

    async fn find(&mut self, chain: &Chain) -> Result<Option<Outcome>, DatabaseError> {
        let patience = self.settings.patience;
        let database = &self.databases.all()[self.place];
        let connection = call::connected(&mut self.connection, database, patience).await?;
        let found = match tokio::time::timeout(patience, recover::find(connection, chain)).await {
            Ok(found) => found.map_err(DatabaseError::from),
            Err(_) => Err(DatabaseError::Unavailable("no answer to a look for lost events".to_owned())),
        };
        if found.is_err() {
            self.connection = None;
        }
        found
    }

    /// What is left are those of which it can't be told yet.
    async fn answer(&mut self, part: Part, outcomes: Vec<Outcome>, orgs: &HashSet<OrgId>) -> Vec<Part> {
        let mut known = Known::default();
        let (mut left, mut why) = (Vec::new(), None);
        for (waiting, mut outcome) in part.chains.into_iter().zip(outcomes) {
            if part.in_doubt && matches!(outcome, Outcome::Refused(_)) {
                // It may be refused because of itself.
                match self.find(&waiting.chain).await {
                    Ok(found) => outcome = found.unwrap_or(outcome),
                    Err(error) => {
                        why = Some(error);
                        left.push(waiting);
                        continue;
                    }
                }
            }
            self.counters.answered(&outcome, waiting.chain.len());
            known.learn(waiting.chain, waiting.claims, &outcome);
            let _gone: Result<(), Answer> = waiting.answer.send(Ok(outcome));
        }
        self.queue.settle(orgs, &known);
        match why {
            Some(error) => self.wait(Part { chains: left, ..part }, &error).await,
            None => Vec::new(),
        }
    }
}
