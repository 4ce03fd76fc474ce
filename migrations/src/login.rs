//! The login that servers run as: making it, and refusing one that could step around row-level security.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, Row};

use crate::error::{LoginFault, MigrationError};

/// The roles that a server's login works as, one a transaction.
pub const SERVER_ROLES: [&str; 5] =
    ["xentri_app", "xentri_relay", "xentri_worker", "xentri_auditor", "xentri_analyst"];

/// The password is in a parameter and in a statement; neither belongs in the server's log, whatever it logs else.
const LOG_NOTHING: &str = "set local log_statement = 'none'; set local log_min_duration_statement = -1; \
     set local log_min_duration_sample = -1; set local log_transaction_sample_rate = 0; \
     set local log_duration = off; set local log_min_error_statement = panic";

/// Makes the login, or brings it in line: NOINHERIT, no rights of its own, member of [`SERVER_ROLES`] only.
///
/// For a private Postgres, where the caller is its superuser; an operator does the same with the statements in
/// README.md.
pub async fn ensure_server_login(
    connection: &mut PgConnection,
    login: &str,
    password: &str,
) -> Result<(), MigrationError> {
    let mut transaction = connection.begin().await.map_err(MigrationError::Roles)?;
    transaction.execute(LOG_NOTHING).await.map_err(MigrationError::Roles)?;
    let statements: String = sqlx::query_scalar(
        "select case when exists (select from pg_roles where rolname = $1) then '' \
                     else format('create role %I;', $1) end \
             || format('alter role %I login noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls \
                        password %L;', $1, $2) \
             || coalesce((select string_agg(format('revoke %s from %I%s cascade;', roleid::regrole, $1, \
                                 case when modern then ' granted by ' || grantor::regrole else '' end), '') \
                          from pg_auth_members join pg_roles on oid = member where rolname = $1), '') \
             || format('grant %s to %I', array_to_string($3::text[], ', '), $1) \
             || case when modern then ' with inherit false, set true' else '' end \
         from (select current_setting('server_version_num')::int >= 160000) as server(modern)",
    )
    .bind(login)
    .bind(password)
    .bind(SERVER_ROLES.as_slice())
    .fetch_one(&mut *transaction)
    .await
    .map_err(MigrationError::Roles)?;
    transaction
        // Quoted by the database's own format() one statement earlier.
        .execute(AssertSqlSafe(statements))
        .await
        .map_err(MigrationError::Roles)?;
    transaction.commit().await.map_err(MigrationError::Roles)
}

/// Everything that speaks against serving with this connection's login; empty when nothing does.
pub async fn check_login(connection: &mut PgConnection) -> Result<Vec<LoginFault>, sqlx::Error> {
    let me = sqlx::query(
        "select rolname::text, rolsuper, rolbypassrls, rolinherit, rolcreaterole or rolcreatedb or rolreplication \
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
    let memberships = memberships(connection).await?;
    let serves = |role: &str| SERVER_ROLES.contains(&role);
    if me.get(2) {
        faults.push(LoginFault::BypassesRowSecurity { login: login.clone() });
    }
    // Since Postgres 16 each grant says for itself whether it inherits; the login's own attribute is only a default.
    if me.get(3) || memberships.iter().any(|membership| serves(&membership.role) && membership.inherits) {
        faults.push(LoginFault::Inherits { login: login.clone() });
    }
    if me.get(4) {
        faults.push(LoginFault::MayCreate { login: login.clone() });
    }
    for Membership { role, .. } in memberships.iter().filter(|found| !serves(&found.role) || found.powerful) {
        faults.push(LoginFault::CanBecome { login: login.clone(), role: role.clone() });
    }
    for role in SERVER_ROLES {
        if !memberships.iter().any(|membership| membership.role == role && membership.can_set) {
            faults.push(LoginFault::CannotBecome { login: login.clone(), role: role.to_owned() });
        }
    }
    for object in owned(connection).await? {
        faults.push(LoginFault::Owns { login: login.clone(), object });
    }
    Ok(faults)
}

/// A role that the login is a member of, directly or by way of others.
#[derive(sqlx::FromRow)]
struct Membership {
    role: String,
    can_set: bool,
    inherits: bool,
    /// Has an attribute that no role of a server may have.
    powerful: bool,
}

async fn memberships(connection: &mut PgConnection) -> Result<Vec<Membership>, sqlx::Error> {
    sqlx::query_as(
        "select rolname::text as role, \
                pg_has_role(session_user, oid, \
                  case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end) as can_set, \
                pg_has_role(session_user, oid, 'usage') as inherits, \
                rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication as powerful \
         from pg_roles \
         where rolname <> session_user and pg_has_role(session_user, oid, 'member') \
         order by rolname",
    )
    .fetch_all(connection)
    .await
}

async fn owned(connection: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "with me as (select oid from pg_roles where rolname = session_user) \
         select case c.relkind when 'S' then 'sequence ' else 'table ' end || c.oid::regclass::text from pg_class c, me \
          where c.relowner = me.oid and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') \
         union all select 'function ' || p.oid::regprocedure::text from pg_proc p, me where p.proowner = me.oid \
         union all select 'schema ' || n.nspname from pg_namespace n, me \
          where n.nspowner = me.oid and n.nspname !~ '^pg_' \
         union all select 'database ' || d.datname from pg_database d, me where d.datdba = me.oid",
    )
    .fetch_all(connection)
    .await
}
