//! What runs behind the API, or without it: the relay, the workers of read models and reactors, and the jobs.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;
use xentri_commands::Dispatcher;
use xentri_ledger::{DatabaseError, DatabaseSettings, Databases, Duty, Ledger, Shard, ShardMap};
use xentri_projections::read_models;
use xentri_workers::feed::{Feeds, Heads, LogTopic};
use xentri_workers::jobs::{Scheduler, SchedulerSettings};
use xentri_workers::kafka::KafkaSettings;
use xentri_workers::leases::{Leases, Stop};
use xentri_workers::reactors::{Reactions, ReactorWorker};
use xentri_workers::rebuild::{Clerk, Orders, RebuildSettings, Rebuilds};
use xentri_workers::relay::{Relay, RelaySettings, TopicSettings, Topics, TopicsError};
use xentri_workers::runtime::{GroupCommit, RuntimeStatus, ShardWorker};

use crate::config::Settings;
use crate::metrics::{self, Metrics};
use crate::shutdown::Shutdown;

/// A batch takes one, and a shard is in one batch at a time.
const CONNECTIONS: u32 = 8;

/// What was folded or sent is noted; whatever is cut off is done again.
const END: Duration = Duration::from_secs(5);

/// A topic that is gone is there again after one more: longer than the relay takes to notice.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

/// Runs until a stop is asked for.
pub(crate) struct Background {
    tasks: JoinSet<()>,
    databases: [Databases; 2],
}

impl Background {
    /// All of it. Without Kafka nothing is relayed, and read models are fed from the ledger itself.
    pub(crate) fn start(
        ledger: &Ledger,
        dispatcher: &Dispatcher,
        settings: &Settings,
        metrics: &Metrics,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Self> {
        let kafka = settings.kafka.client()?;
        let databases = connections(ledger.databases().shard_map().clone())?;
        let heads = Heads::watch(&databases);
        metrics.watch_background(&databases, &heads);
        let mut tasks = JoinSet::new();
        if let Some(kafka) = kafka.clone() {
            let (databases, heads) = (databases.clone(), heads.clone());
            let (topics, metrics, shutdown) =
                (settings.kafka.new_topics(), metrics.clone(), shutdown.clone());
            tasks.spawn(async move {
                if let Err(error) = relay(databases, heads, kafka, topics, &metrics, &shutdown).await {
                    tracing::error!(%error, "nothing is relayed to Kafka");
                }
            });
        }
        let (ledger, dispatcher) = (ledger.clone(), dispatcher.clone());
        tasks.spawn(pass_news_on(ledger.clone(), heads.clone(), shutdown.clone()));
        tasks.spawn(work(
            databases.clone(),
            heads,
            ledger.clone(),
            dispatcher.clone(),
            kafka,
            metrics.clone(),
            shutdown.clone(),
        ));
        // Of its own: a rebuild is not to keep read models waiting.
        let rebuilding = connections(ledger.databases().shard_map().clone())?;
        let settle = settings.http.request_timeout.get();
        tasks.spawn(schedule(
            rebuilding.clone(),
            ledger,
            dispatcher,
            settle,
            metrics.clone(),
            shutdown.clone(),
        ));
        Ok(Self { tasks, databases: [databases, rebuilding] })
    }

    /// Waits for all of it to end, which it does when a stop is asked for.
    pub(crate) async fn end(mut self) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(END, all).await.is_err() {
            tracing::warn!(seconds = END.as_secs(), "stopped before all background work had ended");
        }
        for databases in &self.databases {
            databases.close().await;
        }
    }
}

/// What this process appends it need not find out by asking.
async fn pass_news_on(ledger: Ledger, heads: Heads, shutdown: Shutdown) {
    loop {
        tokio::select! {
            () = shutdown.requested() => return,
            () = ledger.appenders().news() => heads.nudge(),
        }
    }
}

/// Of its own, so that a backlog of read models keeps no command waiting for a connection.
pub(crate) fn connections(map: ShardMap) -> Result<Databases, DatabaseError> {
    Databases::new(map, &DatabaseSettings { connections: CONNECTIONS, ..DatabaseSettings::default() })
}

/// Sends the ledger to Kafka, in topics that it makes where they are missing, now or later.
pub(crate) async fn relay(
    databases: Databases,
    heads: Heads,
    kafka: KafkaSettings,
    new_topics: TopicSettings,
    metrics: &Metrics,
    shutdown: &Shutdown,
) -> Result<(), TopicsError> {
    let shards = databases.shard_map().shards().len();
    let topics = Topics::new(kafka.clone(), shards);
    let relay = Relay::new(databases, heads, kafka, RelaySettings::default());
    // While a Kafka that is away is waited for, too.
    metrics.watch_relay(relay.stats(), relay.leases());
    match topics.apply(&new_topics).await {
        Ok(topics) => {
            for topic in topics.iter().filter(|topic| topic.made) {
                tracing::info!(topic = topic.name, partitions = shards, "made a topic");
            }
        }
        Err(error @ TopicsError::Partitions { .. }) => return Err(error),
        Err(error) => tracing::warn!(%error, "topics that are missing can't be made now"),
    }
    tokio::select! {
        ended = relay.run(shutdown.requested()) => ended,
        never = topics.keep(&new_topics, BETWEEN_LOOKS) => match never {},
    }
}

/// Keeps read models up to date and reacts to events, in as many shards as are this process's part.
pub(crate) async fn work(
    databases: Databases,
    heads: Heads,
    ledger: Ledger,
    dispatcher: Dispatcher,
    kafka: Option<KafkaSettings>,
    metrics: Metrics,
    shutdown: Shutdown,
) {
    let log = kafka.map(|kafka| LogTopic::of(&kafka));
    let models = Arc::new(Feeds::new(databases.clone(), heads.clone(), log));
    // Reactors have little to do, and need no consumer of their own.
    let reactors = Arc::new(Feeds::new(databases.clone(), heads, None));
    let (status, reactions) = (RuntimeStatus::new(), Reactions::new(ledger.clone(), dispatcher));
    let group_commit = GroupCommit::start(&databases, ledger.keys());
    let leases = Leases::new(databases.clone(), Duty::Work);
    let feeds = [models.stats(), reactors.stats()];
    let watched = metrics::Work { status: status.clone(), feeds, reactions: reactions.clone() };
    metrics.watch_work(&databases, watched, leases.stats());
    let on_shard = move |shard: Shard, mut stop: Stop| {
        let worker =
            ShardWorker::new(databases.clone(), ledger.keys().clone(), shard, read_models(), models.clone())
                .with_status(status.clone())
                .with_group_commit(group_commit.clone());
        let reactor = ReactorWorker::new(reactions.clone(), shard, reactors.clone());
        let shown = status.show(shard);
        async move {
            let _shown = shown;
            let mut told = stop.clone();
            tokio::join!(worker.run(async move { stop.told().await }), async {
                tokio::select! {
                    () = reactor.run() => {}
                    () = told.told() => {}
                }
            });
        }
    };
    leases.hold(on_shard, shutdown.requested()).await;
}

/// Gives the commands that nobody gives but time, rebuilds what is ordered, and clears away what is not needed any more.
pub(crate) async fn schedule(
    databases: Databases,
    ledger: Ledger,
    dispatcher: Dispatcher,
    settle: Duration,
    metrics: Metrics,
    shutdown: Shutdown,
) {
    let rebuilds = Rebuilds::new(databases.clone(), ledger.keys().clone(), read_models())
        .with_settings(RebuildSettings { settle, ..RebuildSettings::default() });
    let scheduler = Scheduler::new(ledger, dispatcher, SchedulerSettings::default())
        .with_clerk(Clerk::new(Orders::new(databases), rebuilds));
    metrics.watch_jobs(scheduler.stats(), scheduler.leases());
    scheduler.run(shutdown.requested()).await;
}
