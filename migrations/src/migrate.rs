//! Running the migrations, planning them, and asking whether any is missing.
//!
//! Each file runs in a transaction of its own together with its row in the record, so a crash or an error leaves
//! the database at the file before it.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Executor};

use crate::connect::{connect_with, options};
use crate::error::MigrationError;

static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

const ROLES: &str = include_str!("../roles.sql");

/// Any number that nothing else in the cluster's `postgres` database locks.
const CLUSTER_LOCK: i64 = 0x0058_454e_5452_4901;
/// What Postgres says when `lock_timeout` is over.
const LOCK_NOT_AVAILABLE: &str = "55P03";
const LOCK_PATIENCE: Duration = Duration::from_mins(1);

/// One migration: its version (a timestamp), what it does, and its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub version: i64,
    pub name: &'static str,
    pub sql: &'static str,
}

/// Brings the database to this binary's schema and tells each step as it is done.
///
/// Roles belong to the cluster, so migrations of two databases must not run side by side either: the lock is taken
/// in the `postgres` database, for advisory locks are local to a database.
pub async fn migrate(url: &str, mut done: impl FnMut(Step)) -> Result<Vec<Step>, MigrationError> {
    let options = options(url)?;
    let mut connection = connect_with(&options).await?;
    let lock = lock_cluster(&options).await?;

    connection.execute(ROLES).await.map_err(MigrationError::Roles)?;
    connection
        // A migration that can't get its locks soon gives up rather than making every query queue behind it.
        .execute("set role xentri_owner; set lock_timeout = '5s'")
        .await
        .map_err(MigrationError::Roles)?;

    let steps = missing(&mut connection).await?;
    for step in &steps {
        // Not `run_to`, whose future can't be sent to another thread.
        let ran = MIGRATOR.run_direct(Some(step.version), &mut connection, false).await;
        ran.map_err(|error| explain(error, *step))?;
        done(*step);
    }
    lock.close().await.map_err(MigrationError::Unreadable)?;
    Ok(steps)
}

/// What [`migrate`] would run; changes nothing.
pub async fn plan(url: &str) -> Result<Vec<Step>, MigrationError> {
    let mut connection = connect_with(&options(url)?).await?;
    missing(&mut connection).await
}

/// What a server at `connection` lacks: empty when it may serve. Works with the rights of `xentri_app`.
pub async fn pending(connection: &mut PgConnection) -> Result<Vec<Step>, MigrationError> {
    // Rolled back when dropped, so a caller that gives up waiting leaves no role behind on a pool's connection.
    let mut transaction =
        connection.begin_with("begin read only").await.map_err(MigrationError::Unreadable)?;
    transaction.execute("set local role xentri_app").await.map_err(MigrationError::Unreadable)?;
    let missing = missing(&mut transaction).await;
    transaction.rollback().await.map_err(MigrationError::Unreadable)?;
    match missing {
        // An older binary beside a migrated database is how a release rolls out: that is no lack.
        Err(MigrationError::Unknown(_)) => Ok(Vec::new()),
        other => other,
    }
}

/// Changes whenever any migration or role does: names the template database that tests are cloned from.
pub fn fingerprint() -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    ROLES.hash(&mut hasher);
    for migration in MIGRATOR.iter() {
        (migration.version, &migration.checksum).hash(&mut hasher);
    }
    hasher.finish()
}

async fn lock_cluster(options: &PgConnectOptions) -> Result<PgConnection, MigrationError> {
    let mut connection = connect_with(&options.clone().database("postgres")).await?;
    sqlx::query("select set_config('lock_timeout', $1, false)")
        .bind(LOCK_PATIENCE.as_millis().to_string())
        .execute(&mut connection)
        .await
        .map_err(MigrationError::Unreadable)?;
    sqlx::query("select pg_advisory_lock($1)").bind(CLUSTER_LOCK).execute(&mut connection).await.map_err(
        |cause| match cause.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() {
            Some(LOCK_NOT_AVAILABLE) => MigrationError::Locked { seconds: LOCK_PATIENCE.as_secs() },
            _ => MigrationError::Unreachable {
                address: format!("{}:{}", options.get_host(), options.get_port()),
                cause,
            },
        },
    )?;
    Ok(connection)
}

/// The steps that the record lacks, after checking that what it has is what this binary would have run.
async fn missing(connection: &mut PgConnection) -> Result<Vec<Step>, MigrationError> {
    let known: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(&mut *connection)
        .await
        .map_err(MigrationError::Unreadable)?;
    if !known {
        return Ok(MIGRATOR.iter().map(step).collect());
    }
    let applied: Vec<(i64, Vec<u8>, bool)> =
        sqlx::query_as("select version, checksum, success from _sqlx_migrations order by version")
            .fetch_all(connection)
            .await
            .map_err(MigrationError::Unreadable)?;
    for (version, checksum, whole) in &applied {
        match MIGRATOR.iter().find(|migration| migration.version == *version) {
            _ if !whole => return Err(MigrationError::HalfFinished(*version)),
            None => return Err(MigrationError::Unknown(*version)),
            Some(ours) if *ours.checksum != **checksum => return Err(MigrationError::Changed(*version)),
            Some(_) => {}
        }
    }
    Ok(MIGRATOR
        .iter()
        .filter(|migration| applied.iter().all(|(version, ..)| *version != migration.version))
        .map(step)
        .collect())
}

fn step(migration: &'static Migration) -> Step {
    Step { version: migration.version, name: &migration.description, sql: migration.sql.as_str() }
}

fn explain(error: MigrateError, step: Step) -> MigrationError {
    match error {
        MigrateError::Dirty(version) => MigrationError::HalfFinished(version),
        MigrateError::VersionMismatch(version) => MigrationError::Changed(version),
        MigrateError::VersionMissing(version) => MigrationError::Unknown(version),
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => {
            MigrationError::Failed { version: step.version, name: step.name.to_owned(), cause }
        }
        other => MigrationError::Failed {
            version: step.version,
            name: step.name.to_owned(),
            cause: sqlx::Error::Migrate(Box::new(other)),
        },
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.version, self.name)
    }
}
