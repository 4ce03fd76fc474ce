//! Rebuilds, one row each.

use sqlx::Row as _;
use sqlx::postgres::{PgArguments, PgConnection, PgRow, Postgres};
use sqlx::query::Query;
use uuid::Uuid;
use xentri_domain::kernel::Timestamp;
use xentri_ledger::{DatabaseError, Moment};

use super::phase::{Phase, Wish};
use crate::rebuild::Request;
use crate::runtime::MemberId;

/// A rebuild in one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildEntry {
    /// What it makes.
    pub id: MemberId,
    pub phase: Phase,
    pub wish: Wish,
    /// The generation that readers saw in its place, of the same version; none where they saw none that was whole.
    pub replaces: Option<i32>,
    pub requested_by: String,
    pub begun_at: Timestamp,
    pub changed_at: Timestamp,
    /// When it was seen at the live one's place.
    pub together_at: Option<Timestamp>,
    pub grace_until: Option<Timestamp>,
    /// The order that it was begun or swapped for.
    pub order: Option<Uuid>,
    /// Discarded events of which no row is made.
    pub(in crate::rebuild) left_out: Vec<Uuid>,
}

impl RebuildEntry {
    pub(in crate::rebuild) fn replaced(&self) -> Option<MemberId> {
        Some(MemberId { generation: self.replaces?, ..self.id.clone() })
    }
}

macro_rules! columns {
    () => {
        "projection, version, generation, phase, wish, replaces, requested_by, begun_at, changed_at, together_at, grace_until, \
         order_id, left_out"
    };
}

const RUNNING: &str = concat!(
    "select ",
    columns!(),
    " from rebuild where projection = $1 \
     and phase in ('loading', 'following', 'comparing', 'settling', 'differing')"
);

const ALL: &str = concat!("select ", columns!(), " from rebuild order by begun_at, projection");

pub(in crate::rebuild) async fn running_in_tx(
    connection: &mut PgConnection,
    projection: &str,
) -> Result<Option<RebuildEntry>, DatabaseError> {
    let row = sqlx::query(RUNNING).bind(projection).fetch_optional(connection).await?;
    row.as_ref().map(read).transpose()
}

pub(in crate::rebuild) async fn entries_in_tx(
    connection: &mut PgConnection,
) -> Result<Vec<RebuildEntry>, DatabaseError> {
    sqlx::query(ALL).fetch_all(connection).await?.iter().map(read).collect()
}

pub(in crate::rebuild) async fn begin_in_tx(
    connection: &mut PgConnection,
    id: &MemberId,
    replaces: Option<i32>,
    left_out: &[Uuid],
    request: &Request,
) -> Result<(), DatabaseError> {
    let query = "insert into rebuild (projection, version, generation, phase, replaces, left_out, requested_by, order_id) \
                 values ($1, $2, $3, 'loading', $4, $5, $6, $7)";
    let query = named(query, id).bind(replaces).bind(left_out).bind(&request.requested_by);
    query.bind(request.order).execute(connection).await?;
    Ok(())
}

/// Moves it to a phase.
pub(in crate::rebuild) async fn enter_in_tx(
    connection: &mut PgConnection,
    id: &MemberId,
    phase: Phase,
) -> Result<(), DatabaseError> {
    let query = "update rebuild set phase = $4, changed_at = now(), \
                        together_at = case when $4 = 'comparing' then now() else together_at end \
                 where projection = $1 and version = $2 and generation = $3";
    named(query, id).bind(phase.as_str()).execute(connection).await?;
    Ok(())
}

/// False when nothing of the sort is under way.
pub(in crate::rebuild) async fn wish_in_tx(
    connection: &mut PgConnection,
    projection: &str,
    wish: Wish,
) -> Result<bool, DatabaseError> {
    let told = sqlx::query(
        "update rebuild set wish = $2, changed_at = now() where projection = $1 \
           and phase in ('loading', 'following', 'comparing', 'settling', 'differing')",
    )
    .bind(projection)
    .bind(wish.as_str())
    .execute(connection)
    .await?;
    Ok(told.rows_affected() > 0)
}

fn read(row: &PgRow) -> Result<RebuildEntry, DatabaseError> {
    let moment =
        |column: usize| Ok::<_, sqlx::Error>(row.try_get::<Option<Moment>, _>(column)?.map(|at| at.0));
    Ok(RebuildEntry {
        id: MemberId { projection: row.try_get(0)?, version: row.try_get(1)?, generation: row.try_get(2)? },
        phase: Phase::parse(row.try_get(3)?).ok_or_else(|| unreadable("rebuild", "phase"))?,
        wish: Wish::parse(row.try_get(4)?).ok_or_else(|| unreadable("rebuild", "wish"))?,
        replaces: row.try_get(5)?,
        requested_by: row.try_get(6)?,
        begun_at: row.try_get::<Moment, _>(7)?.0,
        changed_at: row.try_get::<Moment, _>(8)?.0,
        together_at: moment(9)?,
        grace_until: moment(10)?,
        order: row.try_get(11)?,
        left_out: row.try_get(12)?,
    })
}

/// What is asked of one generation, which is `$1` to `$3`.
pub(in crate::rebuild) fn named<'q>(
    query: &'static str,
    id: &'q MemberId,
) -> Query<'q, Postgres, PgArguments> {
    sqlx::query(query).bind(&id.projection).bind(id.version).bind(id.generation)
}

pub(in crate::rebuild) fn unreadable(table: &str, column: &str) -> DatabaseError {
    let message = format!("column {column} of table {table} holds what this program can't read");
    DatabaseError::Failed { code: "none".to_owned(), message }
}
