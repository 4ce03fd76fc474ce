//! A call as one of the roles, in a transaction of its own.

use sqlx::postgres::{PgConnection, PgRow, Postgres};
use sqlx::{AssertSqlSafe, Decode, Executor, Row, Type};

/// The first column of the query's one row; the transaction is committed.
pub(crate) async fn scalar<T>(
    connection: &mut PgConnection,
    role: &str,
    query: &str,
) -> Result<T, sqlx::Error>
where
    T: for<'r> Decode<'r, Postgres> + Type<Postgres>,
{
    let rows = rows(connection, role, query).await?;
    assert_eq!(rows.len(), 1, "{query}");
    rows[0].try_get(0)
}

pub(crate) async fn rows(
    connection: &mut PgConnection,
    role: &str,
    query: &str,
) -> Result<Vec<PgRow>, sqlx::Error> {
    connection.execute(AssertSqlSafe(format!("begin; set local role {role}"))).await?;
    let rows = sqlx::query(AssertSqlSafe(query.to_owned())).fetch_all(&mut *connection).await;
    connection.execute(if rows.is_ok() { "commit" } else { "rollback" }).await?;
    rows
}
