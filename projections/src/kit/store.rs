//! Rows of one table, by their keys.

use std::collections::{BTreeMap, HashMap};

use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgArguments, PgConnection};
use uuid::Uuid;
use xentri_domain::kernel::OrgId;
use xentri_ledger::DatabaseError;

use super::row::{Row, key};
use super::statements::Statements;

pub(super) type Key = (OrgId, Uuid);

pub(super) async fn load<R: Row>(
    connection: &mut PgConnection,
    statements: &Statements,
    keys: impl Iterator<Item = Key>,
) -> Result<HashMap<Key, R>, DatabaseError> {
    let (orgs, ids): (Vec<_>, Vec<_>) = keys.map(|(org, id)| (org.uuid(), id)).unzip();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = sqlx::query(AssertSqlSafe(statements.load.clone())).bind(orgs).bind(ids);
    let rows = query.fetch_all(connection).await?;
    let keyed = |row| {
        let row = R::read(row)?;
        Ok((key(&row), row))
    };
    rows.iter().map(keyed).collect()
}

/// None is a row that is gone.
pub(super) async fn store<R: Row>(
    connection: &mut PgConnection,
    statements: &Statements,
    rows: &BTreeMap<Key, Option<&R>>,
) -> Result<(), DatabaseError> {
    let there: Vec<&R> = rows.values().copied().flatten().collect();
    if !there.is_empty() {
        let mut arguments = PgArguments::default();
        R::bind(&there, &mut arguments).map_err(sqlx::Error::Encode)?;
        let upsert = AssertSqlSafe(statements.upsert.clone());
        sqlx::query_with(upsert, arguments).execute(&mut *connection).await?;
    }
    let gone = rows.iter().filter(|(_, row)| row.is_none()).map(|((org, id), _)| (org.uuid(), *id));
    let (orgs, ids): (Vec<_>, Vec<_>) = gone.unzip();
    if !orgs.is_empty() {
        let delete = AssertSqlSafe(statements.delete.clone());
        sqlx::query(delete).bind(orgs).bind(ids).execute(connection).await?;
    }
    Ok(())
}
