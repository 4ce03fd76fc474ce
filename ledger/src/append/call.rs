//! One call of `app.append`: chains become columns, rows become outcomes.

use std::time::Duration;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection, Executor, Row};

use super::chain::Chain;
use super::columns::Columns;
use super::outcome::{Appended, Outcome, Place, Refusal};
use crate::database::{Database, DatabaseError, Moment};
use crate::shard::Shard;

/// A connection that can do nothing but append, and check what it has appended.
async fn connect(database: &Database) -> Result<PgConnection, sqlx::Error> {
    // In a box: it is done once, and large.
    let mut connection = Box::pin(PgConnection::connect_with(&database.append)).await?;
    // For the session: each call is then a single round trip that commits by itself. Statements that take longer than
    // this wait for a lock that nobody gives back.
    connection
        .execute(
            "set role xentri_app; set plan_cache_mode = force_generic_plan; set statement_timeout = '12s'",
        )
        .await?;
    Ok(connection)
}

/// The connection in `slot`, made if there is none. Whatever the reason why it can't be made, later it may.
pub(super) async fn connected<'a>(
    slot: &'a mut Option<PgConnection>,
    database: &Database,
    patience: Duration,
) -> Result<&'a mut PgConnection, DatabaseError> {
    if let Some(connection) = slot.take() {
        return Ok(slot.insert(connection));
    }
    match tokio::time::timeout(patience, connect(database)).await {
        Ok(Ok(connection)) => Ok(slot.insert(connection)),
        Ok(Err(error)) => Err(match DatabaseError::from(error) {
            DatabaseError::Unavailable(message) => DatabaseError::Unavailable(message),
            other => DatabaseError::Unavailable(other.to_string()),
        }),
        Err(_) => Err(DatabaseError::Unavailable("no answer to a connection attempt".to_owned())),
    }
}

/// The columns, as the function names them.
const CALL: &str = "select verdict::text, shard, epoch, first_org_seq, last_position, recorded_at from app.append( \
     o_id => $1, o_shard => $2, h_org => $3, s_chain => $4, s_type => $5, s_id => $6, s_version => $7, \
     c_chain => $8, c_actor => $9, c_key => $10, c_mac => $11, c_answer => $12, \
     e_command => $13, e_stream => $14, e_id => $15, e_type => $16, e_body => $17, e_digest => $18, \
     n_chain => $19, n_wrapped => $20, n_master_key => $21, k_chain => $22, k_subject => $23, k_wrapped => $24, k_stream => $25, \
     d_chain => $26, d_subject => $27, d_stream => $28, f_chain => $29, f_subject => $30, f_streams => $31)";

/// Appends what can be appended. All rows are read to the end of the reply: what comes before it is sent before the
/// commit.
pub(super) async fn append(
    connection: &mut PgConnection,
    chains: &[&Chain],
) -> Result<Vec<Outcome>, CallError> {
    let Columns { o, h_org, s, c, e, n, k, d, f, .. } = Columns::of(chains);
    let query = sqlx::query(CALL);
    let query = query.bind(o.id).bind(o.shard).bind(h_org);
    let query = query.bind(s.chain).bind(s.r#type).bind(s.id).bind(s.version);
    let query = query.bind(c.chain).bind(c.actor).bind(c.key).bind(c.mac).bind(c.answer);
    let query = query.bind(e.command).bind(e.stream).bind(e.id).bind(e.r#type).bind(e.body).bind(e.digest);
    let query = query.bind(n.chain).bind(n.wrapped).bind(n.master_key);
    let query = query.bind(k.chain).bind(k.subject).bind(k.wrapped).bind(k.stream);
    let query = query.bind(d.chain).bind(d.subject).bind(d.stream);
    let query = query.bind(f.chain).bind(f.subject).bind(f.streams);
    outcomes(chains, &query.fetch_all(connection).await?)
}

/// A chain has a row for each of its commands, refused ones too.
fn outcomes(chains: &[&Chain], mut rows: &[PgRow]) -> Result<Vec<Outcome>, CallError> {
    let mut outcomes = Vec::with_capacity(chains.len());
    for chain in chains {
        let (own, rest) = rows.split_at_checked(chain.len()).ok_or_else(|| unread("too few rows"))?;
        outcomes.push(outcome(own)?);
        rows = rest;
    }
    if rows.is_empty() { Ok(outcomes) } else { Err(unread("too many rows")) }
}

fn outcome(rows: &[PgRow]) -> Result<Outcome, CallError> {
    let mut appended = Vec::with_capacity(rows.len());
    for row in rows {
        let verdict: &str = row.try_get(0)?;
        match Refusal::parse(verdict) {
            Some(refusal) => return Ok(Outcome::Refused(refusal)),
            None if verdict == "appended" => appended.push(place(row)?),
            None => return Err(unread(verdict)),
        }
    }
    Ok(Outcome::Appended(appended))
}

fn place(row: &PgRow) -> Result<Appended, CallError> {
    let number = |value: i64| u64::try_from(value).unwrap_or_default();
    let first_org_seq: Option<i64> = row.try_get(3)?;
    let last_position: Option<i64> = row.try_get(4)?;
    let events = first_org_seq.zip(last_position).map(|(first_org_seq, last_position)| Place {
        first_org_seq: number(first_org_seq),
        last_position: number(last_position),
    });
    let shard = u16::try_from(row.try_get::<i32, _>(1)?).unwrap_or_default();
    let epoch = number(row.try_get::<i32, _>(2)?.into());
    Ok(Appended { shard: Shard::new(shard), epoch, events, recorded_at: row.try_get::<Moment, _>(5)?.0 })
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum CallError {
    /// Postgres refused, and nothing of the call was appended.
    Known(DatabaseError),
    /// The connection is of no more use, and the call may have been committed.
    Unknown(DatabaseError),
}

impl From<sqlx::Error> for CallError {
    fn from(error: sqlx::Error) -> Self {
        let answered =
            error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| {
                // Being shut down, crashing and losing the connection are no answers about the transaction.
                !code.starts_with("57P") && !code.starts_with("08") && !code.starts_with("58")
            });
        let error = DatabaseError::from(error);
        if answered { Self::Known(error) } else { Self::Unknown(error) }
    }
}

/// The call was committed, whatever its answer means.
fn unread(answer: &str) -> CallError {
    let message = format!("the append answers with {answer}, which this program does not know");
    CallError::Unknown(DatabaseError::Failed { code: "none".to_owned(), message })
}
