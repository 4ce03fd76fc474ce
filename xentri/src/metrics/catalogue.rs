//! The one table of what is exported: every metric with its name, its labels and what it says. `docs/metrics.md` is written
//! from it.
//!
//! No label ever holds an org, a user or an id: each is a word of a closed list, or a shard's number.

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) labels: &'static [&'static str],
    help: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Only grows, from 0 when the process began.
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Metric {
    pub(crate) fn help(&self) -> &'static str {
        self.help.trim_start()
    }
}

macro_rules! catalogue {
    ($($section:literal { $($(#[doc = $help:literal])+ $id:ident $kind:ident $name:literal [$($label:literal)*];)+ })+) => {
        $($(pub(super) const $id: &Metric = &Metric {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            help: concat!($($help),+),
        };)+)+

        /// By what they are about.
        #[cfg(test)]
        pub(super) const SECTIONS: &[(&str, &[&Metric])] = &[$(($section, &[$($id),+])),+];
    };
}

catalogue! {
    "The process" {
        /// 1, of the version that runs.
        BUILD Gauge "xentri_build_info" ["version"];
        /// When the process began, in seconds since 1970.
        STARTED Gauge "process_start_time_seconds" [];
        /// Processor time that the process has used.
        PROCESSOR Counter "process_cpu_seconds_total" [];
        /// Memory that the process has now.
        MEMORY Gauge "process_resident_memory_bytes" [];
        /// Files and connections that the process has open.
        OPEN_FILES Gauge "process_open_fds" [];
    }
    "The API" {
        /// How long requests took until the answer's head was there. The route is its pattern, `unmatched` where there is
        /// none; the status is its class, as in `2xx`.
        REQUESTS Histogram "xentri_http_request_duration_seconds" ["route" "method" "status"];
        /// Commands by what was asked and what became of it: `done`, `replayed`, or the code of what was in the way. Those
        /// of jobs and reactors are among them.
        COMMANDS Counter "xentri_commands_total" ["stream_type" "command" "outcome"];
    }
    "Subscriptions" {
        /// Sockets that are open.
        SOCKETS Gauge "xentri_sockets_open" [];
        /// Subscriptions that are open, on all sockets.
        SUBSCRIPTIONS Gauge "xentri_subscriptions_open" [];
        /// Values that were sent to subscribers.
        SOCKETS_SENT Counter "xentri_subscription_values_sent_total" [];
        /// Sockets by how they ended: `gone` where the client went, `stopping` with the server, `crowded` at a limit, `too_slow`,
        /// `silent` without an answer to a ping, `expired` with its token, `refused` without a good one; the others are mistakes of
        /// a client.
        SOCKETS_ENDED Counter "xentri_sockets_ended_total" ["reason"];
    }
    "The ledger" {
        /// Shards of the ledger, whoever leads them.
        SHARDS Gauge "xentri_ledger_shards" [];
        /// The position of each shard's last event, as of a moment ago.
        HEADS Gauge "xentri_ledger_head_position" ["shard"];
        /// Commands in one call of the append.
        BATCHES Histogram "xentri_append_batch_commands" [];
        /// How long calls of the append took.
        CALLS Histogram "xentri_append_call_duration_seconds" [];
        /// Commands that wait for the next call.
        QUEUE Gauge "xentri_append_queue_commands" [];
        /// 1 while every appender is at work, 0 when one has ended by a fault of its own.
        APPENDERS Gauge "xentri_append_alive" [];
        /// Commands by the ledger's verdict: `appended`, or `refused` because others were faster.
        VERDICTS Counter "xentri_append_commands_total" ["verdict"];
        /// Calls that failed and were tried again.
        CALLS_FAILED Counter "xentri_append_calls_failed_total" [];
        /// Batches that were halved because one of their commands had a bad value.
        HALVED Counter "xentri_append_batches_halved_total" [];
        /// Transactions that read a stream because its state was not at hand.
        STATE_READS Counter "xentri_state_reads_total" [];
        /// Events that were folded into states that were not at hand.
        STATE_EVENTS Counter "xentri_state_events_total" [];
        /// Memory of the states that are kept, about.
        STATE_MEMORY Gauge "xentri_state_cache_bytes" [];
        /// Snapshots of long streams: `written`, `dropped` because too many waited, or `failed`.
        SNAPSHOTS Counter "xentri_snapshots_total" ["outcome"];
    }
    "Postgres" {
        /// The most connections that a pool may have. The append's own come on top.
        POOL_LIMIT Gauge "xentri_pool_connections_limit" ["pool" "database"];
        /// Connections of a pool that are open.
        POOL_OPEN Gauge "xentri_pool_connections" ["pool" "database"];
        /// Connections of a pool that somebody has now.
        POOL_IN_USE Gauge "xentri_pool_connections_in_use" ["pool" "database"];
        /// How long a connection of a pool was waited for; making a new one is part of it.
        POOL_WAIT Histogram "xentri_pool_wait_duration_seconds" ["pool" "database"];
    }
    "Who leads which shards" {
        /// Shards that this process works on for a duty: `relay`, `work` or `schedule`.
        LEASES Gauge "xentri_leases_held" ["duty"];
        /// How often this process took a shard up for a duty. It grows when processes come and go, and when work ends by a fault.
        LEASES_TAKEN Counter "xentri_leases_taken_total" ["duty"];
    }
    "The relay to Kafka" {
        /// Messages handed to the producer of Kafka, heartbeats and repeated ones too.
        RELAY_SENT Counter "xentri_relay_messages_sent_total" [];
        /// Messages that Kafka has.
        RELAY_ACKNOWLEDGED Counter "xentri_relay_messages_acknowledged_total" [];
        /// Events that a family of topics has yet to get: `log`, or a context.
        RELAY_LAG Gauge "xentri_relay_lag_events" ["family" "shard"];
        /// How often the relay began again with a topic of a shard, from its cursor.
        RELAY_RESTARTS Counter "xentri_relay_restarts_total" [];
        /// How often the relay began again because of an error, Kafka's silence aside.
        RELAY_ERRORS Counter "xentri_relay_errors_total" [];
        /// 1 while Kafka does not answer.
        RELAY_AWAY Gauge "xentri_relay_kafka_away" [];
        /// Shards of which the relay sends nothing, because a topic is ahead of the ledger or can't be used. The log says why.
        RELAY_REFUSED Gauge "xentri_relay_refused_shards" [];
    }
    "The feed" {
        /// Events that were read for `models` or `reactors`, from the `topic` or from the `ledger`.
        FEED_EVENTS Counter "xentri_feed_events_total" ["feed" "source"];
        /// Messages that were dropped because they had come before.
        FEED_DUPLICATES Counter "xentri_feed_duplicates_total" ["feed"];
        /// Messages that were dropped because a restore has taken their events back.
        FEED_TAKEN_BACK Counter "xentri_feed_taken_back_total" ["feed"];
        /// Times that something was missing in the topic or unreadable there, and was read from the ledger.
        FEED_HOLES Counter "xentri_feed_holes_total" ["feed"];
        /// Times that the topic was behind the ledger for too long, which was read instead.
        FEED_BEHIND Counter "xentri_feed_topic_behind_total" ["feed"];
        /// Times that the topic of a shard was opened.
        FEED_OPENED Counter "xentri_feed_topic_opened_total" ["feed"];
    }
    "Read models" {
        /// Events that are in the ledger and that a read model has yet to take.
        LAG Gauge "xentri_projection_lag_events" ["projection" "version" "generation" "shard"];
        /// The position up to which a read model has everything.
        PLACE Gauge "xentri_projection_position" ["projection" "version" "generation" "shard"];
        /// 1 for the state that a read model is in: `running`, `alone` while it catches up by itself, `halted`.
        STATE Gauge "xentri_projection_state" ["projection" "version" "generation" "shard" "state"];
        /// Events that a projection has passed: folded, parked, or not its own.
        PASSED Counter "xentri_projection_events_total" ["projection"];
        /// Events of a shard that its read models took in one transaction; small ones of several shards may share it.
        FOLDED Histogram "xentri_projection_batch_events" [];
        /// Transactions of read models that came to nothing, by what was in the way: `database_away` and `keys` pass by themselves, `data` is
        /// bisected to one event and parked, `database_refuses` and `gone_back` want somebody to look.
        RETRIES Counter "xentri_projection_retries_total" ["projection" "trouble"];
        /// Events that a read model has parked, those that wait behind others too.
        PARKED Counter "xentri_projection_parked_total" ["projection"];
    }
    "Parked events, as they are in the database: the same whichever process tells. A projection is a read model or a reactor" {
        /// Events that are parked because they can't be folded, or reacted to.
        PARKED_NOW Gauge "xentri_parked_events" ["projection"];
        /// Events parked in the last hour because they can't be folded, or reacted to.
        PARKED_LATELY Gauge "xentri_parked_events_last_hour" ["projection"];
        /// Events that wait behind parked ones.
        WAITING Gauge "xentri_parked_waiting_events" ["projection"];
        /// Events that somebody has discarded, which leaves them out for good.
        DISCARDED Gauge "xentri_parked_discarded_events" ["projection"];
        /// The most parked events that belong together by one correlation id.
        CORRELATED Gauge "xentri_parked_same_correlation" [];
        /// 1 when the parked events could be counted, 0 when the database did not answer.
        PARKED_KNOWN Gauge "xentri_parked_known" [];
    }
    "Jobs and reactors" {
        /// How often a job was through with a shard; `clear-receipts` with all that a database keeps.
        JOB_RUNS Counter "xentri_job_runs_total" ["name"];
        /// Commands of a job: `done`, `refused` because nothing was due any more, `failed` and due still.
        JOB_COMMANDS Counter "xentri_job_commands_total" ["name" "outcome"];
        /// Batches of events that a reactor has looked at.
        REACTOR_RUNS Counter "xentri_reactor_batches_total" ["name"];
        /// Commands of a reactor: `done`, `refused` for good, `failed` and tried again or parked.
        REACTOR_COMMANDS Counter "xentri_reactor_commands_total" ["name" "outcome"];
        /// Events that are in the ledger and that a reactor has yet to look at, or to note.
        REACTOR_LAG Gauge "xentri_reactor_lag_events" ["name" "shard"];
        /// The position up to which a reactor has noted that it looked, which it does once a second.
        REACTOR_PLACE Gauge "xentri_reactor_position" ["name" "shard"];
    }
}
