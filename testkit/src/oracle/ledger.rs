//! The whole ledger of a database, read without any of the ledger's own code but its keys.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::PgConnection;

use super::event::Event;
use super::keys::Keys;

/// Of a shard, its last event's epoch and position.
pub(super) type Heads = BTreeMap<i32, (i32, i64)>;

const EVENTS: &str = r#"
    select shard, epoch, position, org_seq, to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), body
    from event where (shard, position) > ($1, $2) order by shard, position limit 5000"#;

/// Gives every event to `take`, in the order of its shard.
pub(super) async fn read(
    connection: &mut PgConnection,
    keys: &Keys,
    mut take: impl FnMut(&Event),
) -> Result<Heads, sqlx::Error> {
    let mut heads = Heads::new();
    let mut at = (-1, 0);
    loop {
        let rows: Vec<(i32, i32, i64, i64, String, String)> =
            sqlx::query_as(EVENTS).bind(at.0).bind(at.1).fetch_all(&mut *connection).await?;
        if rows.is_empty() {
            return Ok(heads);
        }
        for (shard, epoch, position, org_seq, recorded_at, body) in rows {
            let body: Value = serde_json::from_str(&body).expect("a body is JSON");
            let mut event = Event { body, recorded_at, org_seq };
            keys.open(&mut event);
            take(&event);
            heads.insert(shard, (epoch, position));
            at = (shard, position);
        }
    }
}
