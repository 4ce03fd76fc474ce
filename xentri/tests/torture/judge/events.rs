//! The whole ledger, as whoever relays it reads it.

use serde::Deserialize;
use xentri_ledger::{
    DatabaseSettings, Databases, PageLimit, RelayTx, Shard, ShardMap, StoredEvent, read_shard_in_tx,
};

const PAGE: PageLimit = PageLimit { events: 2000, bytes: 8 << 20 };

pub(super) struct Events {
    pub(super) databases: Databases,
    /// By shard, in order.
    pub(super) by_shard: Vec<Vec<StoredEvent>>,
}

/// As far as a judge reads it, with eyes of its own.
#[derive(Deserialize)]
pub(super) struct Envelope {
    pub(super) dedupe_key: Option<String>,
    pub(super) actor: Actor,
    pub(super) payload: Payload,
}

#[derive(Deserialize)]
pub(super) struct Actor {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) id: String,
}

#[derive(Deserialize)]
pub(super) struct Payload {
    pub(super) lead_id: Option<String>,
    pub(super) year: Option<u64>,
    pub(super) number: Option<serde_json::Value>,
}

impl Events {
    pub(super) async fn read(database_url: &str) -> Self {
        let databases = Databases::new(ShardMap::single(database_url), &DatabaseSettings::default()).unwrap();
        let mut by_shard = Vec::new();
        for shard in databases.shard_map().shards() {
            by_shard.push(read_shard(&databases, shard).await);
        }
        Self { databases, by_shard }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &StoredEvent> {
        self.by_shard.iter().flatten()
    }
}

async fn read_shard(databases: &Databases, shard: Shard) -> Vec<StoredEvent> {
    let mut events: Vec<StoredEvent> = Vec::new();
    loop {
        let after = events.last().map_or(0, |event| event.position);
        let mut tx = RelayTx::begin(databases, shard).await.unwrap();
        let page = read_shard_in_tx(&mut tx, shard, after, None, PAGE).await.unwrap();
        tx.commit().await.unwrap();
        events.extend(page.events);
        if !page.more {
            return events;
        }
    }
}

pub(super) fn envelope(event: &StoredEvent) -> Envelope {
    serde_json::from_str(&event.body).unwrap_or_else(|error| panic!("{}: {error}", event.body))
}
