//! The login that servers run as: making it, and refusing one that could step around row-level security.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor, Row};

use crate::error::{LoginFault, MigrationError};

/// The roles that a server's login works as, one a transaction.
pub const SERVER_ROLES: [&str; 5] =
    ["xentri_app", "xentri_relay", "xentri_worker", "xentri_auditor", "xentri_analyst"];

const FORBIDDEN_ROLES: [&str; 3] = ["xentri_owner", "xentri_builder", "xentri_appender"];

/// Makes the login, or brings it in line: NOINHERIT, no rights of its own, member of [`SERVER_ROLES`] only.
///
/// For a private Postgres, where the caller is its superuser; an operator does the same with the statements in
/// README.md.
pub async fn ensure_server_login(
    connection: &mut PgConnection,
    login: &str,
    password: &str,
) -> Result<(), MigrationError> {
    let statements: String = sqlx::query_scalar(
        "select case when exists (select from pg_roles where rolname = $1) then '' \
                     else format('create role %I;', $1) end \
             || format('alter role %I login noinherit nosuperuser nocreatedb nocreaterole password %L;', $1, $2) \
             || format('grant %s to %I', array_to_string($3::text[], ', '), $1)",
    )
    .bind(login)
    .bind(password)
    .bind(SERVER_ROLES.as_slice())
    .fetch_one(&mut *connection)
    .await
    .map_err(MigrationError::Roles)?;
    connection
        // Quoted by the database's own format() one statement earlier.
        .execute(AssertSqlSafe(statements))
        .await
        .map_err(MigrationError::Roles)?;
    Ok(())
}

/// Everything that speaks against serving with this connection's login; empty when nothing does.
pub async fn check_login(connection: &mut PgConnection) -> Result<Vec<LoginFault>, sqlx::Error> {
    let me = sqlx::query(
        "select rolname::text, rolsuper, rolbypassrls, rolinherit, rolcreaterole or rolcreatedb \
         from pg_roles where rolname = session_user",
    )
    .fetch_one(&mut *connection)
    .await?;
    let login: String = me.get(0);
    let mut faults = Vec::new();
    if me.get(1) {
        // A superuser has all the other faults too; naming them would only hide this one.
        return Ok(vec![LoginFault::Superuser { login }]);
    }
    if me.get(2) {
        faults.push(LoginFault::BypassesRowSecurity { login: login.clone() });
    }
    if me.get(3) {
        faults.push(LoginFault::Inherits { login: login.clone() });
    }
    if me.get(4) {
        faults.push(LoginFault::MayCreate { login: login.clone() });
    }
    for (role, can) in memberships(connection).await? {
        let login = login.clone();
        let wanted = SERVER_ROLES.contains(&role.as_str());
        if can && FORBIDDEN_ROLES.contains(&role.as_str()) {
            faults.push(LoginFault::CanBecome { login, role });
        } else if !can && wanted {
            faults.push(LoginFault::CannotBecome { login, role });
        }
    }
    for object in owned(connection).await? {
        faults.push(LoginFault::Owns { login: login.clone(), object });
    }
    Ok(faults)
}

async fn memberships(connection: &mut PgConnection) -> Result<Vec<(String, bool)>, sqlx::Error> {
    // A role that is not there at all counts as one that the login can't become.
    sqlx::query_as(
        "select name, coalesce((select pg_has_role(session_user, oid, 'member') from pg_roles where rolname = name), false) \
         from unnest($1::text[]) as name",
    )
    .bind([&SERVER_ROLES[..], &FORBIDDEN_ROLES[..]].concat())
    .fetch_all(connection)
    .await
}

async fn owned(connection: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "with me as (select oid from pg_roles where rolname = session_user) \
         select 'table ' || c.oid::regclass::text from pg_class c, me \
          where c.relowner = me.oid and c.relkind in ('r', 'p', 'v', 'm') \
         union all select 'function ' || p.oid::regprocedure::text from pg_proc p, me where p.proowner = me.oid \
         union all select 'schema ' || n.nspname from pg_namespace n, me \
          where n.nspowner = me.oid and n.nspname !~ '^pg_' \
         union all select 'database ' || d.datname from pg_database d, me where d.datdba = me.oid",
    )
    .fetch_all(connection)
    .await
}
