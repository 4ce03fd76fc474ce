//! A call of `app.append` in the making, and what comes back.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Executor, Row};
use uuid::Uuid;

/// A call in the making: the columns that `app.append` takes, filled row by row.
#[derive(Default)]
pub(crate) struct Call {
    pub(crate) orgs: Vec<(Uuid, i32)>,
    pub(crate) chains: Vec<i32>,
    pub(crate) streams: Vec<(i32, &'static str, Uuid, i32)>,
    pub(crate) commands: Vec<(i32, Option<&'static str>)>,
    pub(crate) events: Vec<(i32, i32, String)>,
    pub(crate) new_orgs: Vec<i32>,
    /// Chain, person, and the first stream with data about them.
    pub(crate) keys: Vec<(i32, Uuid, Option<i32>)>,
    pub(crate) about: Vec<(i32, Uuid, i32)>,
    pub(crate) forgotten: Vec<(i32, Uuid, i32)>,
}

impl Call {
    pub(crate) fn org(&mut self, org: Uuid, shard: i32) -> i32 {
        self.orgs.push((org, shard));
        count(&self.orgs)
    }

    /// A new org: a chain of its own brings its key.
    pub(crate) fn new_org(&mut self, org: Uuid, shard: i32) -> i32 {
        let place = self.org(org, shard);
        let chain = self.chain(place);
        self.command(chain, None);
        self.new_orgs.push(chain);
        chain
    }

    pub(crate) fn chain(&mut self, org: i32) -> i32 {
        self.chains.push(org);
        count(&self.chains)
    }

    pub(crate) fn stream(&mut self, chain: i32, id: Uuid, version: i32) -> i32 {
        self.streams.push((chain, "lead", id, version));
        count(&self.streams)
    }

    pub(crate) fn command(&mut self, chain: i32, key: Option<&'static str>) -> i32 {
        self.commands.push((chain, key));
        count(&self.commands)
    }

    pub(crate) fn event(&mut self, command: i32, stream: i32) {
        let body = format!(r#"{{"n":{}}}"#, self.events.len());
        self.events.push((command, stream, body));
    }

    /// One command with one event on a stream at `version`.
    pub(crate) fn simple(&mut self, org: i32, stream: Uuid, version: i32, key: Option<&'static str>) -> i32 {
        let chain = self.chain(org);
        let stream = self.stream(chain, stream, version);
        let command = self.command(chain, key);
        self.event(command, stream);
        chain
    }

    pub(crate) async fn send(self, server: &mut PgConnection) -> Result<Vec<Verdict>, sqlx::Error> {
        server.execute("begin; set local role xentri_app").await?;
        let verdicts = self.query(server).await;
        server.execute(if verdicts.is_ok() { "commit" } else { "rollback" }).await?;
        verdicts
    }

    pub(crate) async fn query(self, server: &mut PgConnection) -> Result<Vec<Verdict>, sqlx::Error> {
        let ids: Vec<Uuid> = self.events.iter().map(|_| Uuid::new_v4()).collect();
        let rows = sqlx::query(
            "select command, verdict::text, epoch, first_org_seq, last_position, recorded_at::text
             from app.append($1, $2, $3, $4, $5, $6, $7,
               $8, array_fill('user:ada'::text, array[cardinality($8)]), $9, array_fill(sha256('mac'), array[cardinality($8)]),
               array_fill('{}'::text, array[cardinality($8)]),
               $10, $11, $12, array_fill('xentri.lead.created.v1'::text, array[cardinality($10)]), $13,
               (select coalesce(array_agg(sha256(body::bytea) order by n), '{}') from unnest($13) with ordinality b(body, n)),
               $14, array_fill('org key'::bytea, array[cardinality($14)]), array_fill('master-1'::text, array[cardinality($14)]),
               $15, $16, array_fill('subject key'::bytea, array[cardinality($15)]), $17, $18, $19, $20, $21, $22, $23)",
        )
        .bind(column(&self.orgs, |o| o.0))
        .bind(column(&self.orgs, |o| o.1))
        .bind(self.chains)
        .bind(column(&self.streams, |s| s.0))
        .bind(column(&self.streams, |s| s.1))
        .bind(column(&self.streams, |s| s.2))
        .bind(column(&self.streams, |s| s.3))
        .bind(column(&self.commands, |c| c.0))
        .bind(column(&self.commands, |c| c.1))
        .bind(column(&self.events, |e| e.0))
        .bind(column(&self.events, |e| e.1))
        .bind(ids)
        .bind(column(&self.events, |e| e.2.clone()))
        .bind(self.new_orgs)
        .bind(column(&self.keys, |k| k.0))
        .bind(column(&self.keys, |k| k.1))
        .bind(column(&self.keys, |k| k.2))
        .bind(column(&self.about, |d| d.0))
        .bind(column(&self.about, |d| d.1))
        .bind(column(&self.about, |d| d.2))
        .bind(column(&self.forgotten, |f| f.0))
        .bind(column(&self.forgotten, |f| f.1))
        .bind(column(&self.forgotten, |f| f.2))
        .fetch_all(server)
        .await?;
        Ok(rows.iter().map(Verdict::from).collect())
    }
}

pub(crate) fn count<T>(rows: &[T]) -> i32 {
    i32::try_from(rows.len()).unwrap()
}

pub(crate) fn column<T, C>(rows: &[T], cell: impl Fn(&T) -> C) -> Vec<C> {
    rows.iter().map(cell).collect()
}

#[derive(Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) outcome: String,
    pub(crate) first_org_seq: Option<i64>,
    pub(crate) last_position: Option<i64>,
}

impl From<&PgRow> for Verdict {
    fn from(row: &PgRow) -> Self {
        Self {
            outcome: row.get("verdict"),
            first_org_seq: row.get("first_org_seq"),
            last_position: row.get("last_position"),
        }
    }
}

pub(crate) fn words(verdicts: &[Verdict]) -> Vec<&str> {
    verdicts.iter().map(|verdict| verdict.outcome.as_str()).collect()
}
