//! All appenders of a process.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::{AbortHandle, JoinSet};

use super::appender::Appender;
use super::chain::Chain;
use super::outcome::{AppendError, Outcome};
use super::queue::Queue;
use super::settings::AppendSettings;
use super::stats::{AppendStats, Counters};
use crate::database::{DatabaseError, Databases};
use crate::shard::Shard;
use crate::tally::Reading;

/// Cheap to clone; every clone appends through the same few connections.
#[derive(Debug, Clone)]
pub struct Appenders(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    queues: Vec<Arc<Queue>>,
    by_shard: BTreeMap<Shard, usize>,
    counters: Arc<Counters>,
    handles: Vec<AbortHandle>,
    tasks: Mutex<JoinSet<()>>,
}

impl Appenders {
    /// Starts them; must be called within a Tokio runtime. Each has a fixed part of one database's shards.
    pub fn start(databases: &Databases, settings: &AppendSettings) -> Self {
        let counters = Arc::new(Counters::default());
        let (mut queues, mut by_shard) = (Vec::new(), BTreeMap::new());
        let (mut handles, mut tasks) = (Vec::new(), JoinSet::new());
        for (place, database) in databases.all().iter().enumerate() {
            let first = queues.len();
            let number = settings.appenders.clamp(1, database.shards.len().max(1));
            for _ in 0..number {
                let queue = Arc::new(Queue::new(settings.queue.clone()));
                let appender = Appender::new(
                    databases.clone(),
                    place,
                    queue.clone(),
                    settings.clone(),
                    counters.clone(),
                );
                handles.push(tasks.spawn(appender.run()));
                queues.push(queue);
            }
            let shards = database.shards.iter().enumerate();
            by_shard.extend(shards.map(|(nth, shard)| (*shard, first + nth % number)));
        }
        Self(Arc::new(Inner { queues, by_shard, counters, handles, tasks: Mutex::new(tasks) }))
    }

    /// Appends the chain or says why not. To stop waiting, drop the future: what has not been sent by then is not sent.
    pub async fn append(&self, chain: Chain) -> Result<Outcome, AppendError> {
        // Whatever the verdict on it, no row would tell.
        if chain.is_empty() {
            let message = "the chain has no commands".to_owned();
            return Err(AppendError::Refused(DatabaseError::Data { code: "none".to_owned(), message }));
        }
        let queue = self.0.by_shard.get(&chain.home().shard()).and_then(|place| self.0.queues.get(*place));
        let nowhere = || {
            let message = format!("the shard map names no database for shard {}", chain.home().shard());
            AppendError::Refused(DatabaseError::Failed { code: "none".to_owned(), message })
        };
        let answer = queue.ok_or_else(nowhere)?.push(chain)?;
        // An appender answers everybody before it ends; only one that panics leaves without a word.
        answer.await.unwrap_or_else(|_| {
            let message = "the appender ended without an answer".to_owned();
            Err(AppendError::Unknown(DatabaseError::Failed { code: "none".to_owned(), message }))
        })
    }

    pub fn stats(&self) -> AppendStats {
        self.0.counters.read()
    }

    /// Returns when anything has been appended since it returned last. There is one listener.
    pub async fn news(&self) {
        self.0.counters.news.notified().await;
    }

    /// Of all calls so far: how many commands each had.
    pub fn batch_sizes(&self) -> Reading {
        self.0.counters.sizes()
    }

    /// Of all calls so far: what each took, in microseconds.
    pub fn call_times(&self) -> Reading {
        self.0.counters.times()
    }

    /// How many commands wait for their turn.
    pub fn waiting(&self) -> usize {
        self.0.queues.iter().map(|queue| queue.len()).sum()
    }

    /// Whether every appender is at work: after a panic in one, its shards have none.
    pub fn alive(&self) -> bool {
        !self.0.handles.iter().any(AbortHandle::is_finished)
    }

    /// Takes no more, appends what waits, and returns when all is answered, whoever else waits for the same. Who stops
    /// waiting stops no appender.
    pub async fn drain(&self) {
        for queue in &self.0.queues {
            queue.close();
        }
        let mut tasks = self.0.tasks.lock().await;
        while tasks.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    /// Without queues.
    fn of(handles: Vec<AbortHandle>, tasks: JoinSet<()>) -> Appenders {
        let (queues, by_shard) = (Vec::new(), BTreeMap::new());
        let tasks = Mutex::new(tasks);
        Appenders(Arc::new(Inner { queues, by_shard, counters: Arc::default(), handles, tasks }))
    }

    #[tokio::test]
    async fn appenders_are_not_alive_when_one_of_them_has_panicked() {
        let mut tasks = JoinSet::new();
        let works = tasks.spawn(std::future::pending());
        let panics = tasks.spawn(async { panic!("as a mistake would") });
        let appenders = of(vec![works, panics], tasks);
        assert!(appenders.alive());
        while appenders.alive() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn who_stops_waiting_for_the_end_stops_no_appender() {
        let (end, ended) = oneshot::channel::<()>();
        let (answer, answered) = oneshot::channel();
        let mut tasks = JoinSet::new();
        let works = tasks.spawn(async move {
            ended.await.unwrap();
            answer.send(()).unwrap();
        });
        let appenders = of(vec![works], tasks);
        tokio::select! {
            biased;
            () = appenders.drain() => panic!("it is at work"),
            () = tokio::task::yield_now() => {}
        }
        end.send(()).unwrap();
        tokio::join!(appenders.drain(), appenders.drain());
        answered.await.unwrap();
    }
}
