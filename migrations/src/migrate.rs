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
use crate::read_models::{self, READ_MODELS, ReadModel};

static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

const ROLES: &str = include_str!("../roles.sql");

/// Any number that nothing else in the cluster's `postgres` database locks.
const CLUSTER_LOCK: i64 = 0x0058_454e_5452_4901;
/// What Postgres says when `lock_timeout` is over.
const LOCK_NOT_AVAILABLE: &str = "55P03";
const LOCK_PATIENCE: Duration = Duration::from_mins(1);

/// What brings the database closer to this binary's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A numbered file: its version (a timestamp), what it does, and its text.
    Migration { version: i64, name: &'static str, sql: &'static str },
    /// The tables of a version of a read model.
    ReadModel { projection: &'static str, version: i32, sql: &'static str },
}

impl Step {
    pub const fn sql(&self) -> &'static str {
        match self {
            Self::Migration { sql, .. } | Self::ReadModel { sql, .. } => sql,
        }
    }
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

    let (migrations, read_models) = missing(&mut connection).await?;
    let mut steps = Vec::new();
    for migration in migrations {
        // Not `run_to`, whose future can't be sent to another thread.
        let ran = MIGRATOR.run_direct(Some(migration.version), &mut connection, false).await;
        ran.map_err(|error| explain(error, migration))?;
        done(step(migration));
        steps.push(step(migration));
    }
    for read_model in read_models {
        read_model.install(&mut connection).await?;
        done(step_of(read_model));
        steps.push(step_of(read_model));
    }
    lock.close().await.map_err(MigrationError::Unreadable)?;
    Ok(steps)
}

/// What [`migrate`] would run; changes nothing.
pub async fn plan(url: &str) -> Result<Vec<Step>, MigrationError> {
    let mut connection = connect_with(&options(url)?).await?;
    let (migrations, read_models) = missing(&mut connection).await?;
    Ok(steps(migrations, read_models))
}

/// What a server at `connection` lacks: empty when it may serve. Works with the rights of `xentri_app`.
pub async fn pending(connection: &mut PgConnection) -> Result<Vec<Step>, MigrationError> {
    // Rolled back when dropped, so a caller that gives up waiting leaves no role behind on a pool's connection.
    let mut transaction =
        connection.begin_with("begin read only").await.map_err(MigrationError::Unreadable)?;
    transaction.execute("set local role xentri_app").await.map_err(MigrationError::Unreadable)?;
    let migrations = match missing_migrations(&mut transaction).await {
        // An older binary beside a migrated database is how a release rolls out: that is no lack.
        Err(MigrationError::Unknown(_)) => Vec::new(),
        other => other?,
    };
    let read_models = read_models::missing(&mut transaction).await?;
    transaction.rollback().await.map_err(MigrationError::Unreadable)?;
    Ok(steps(migrations, read_models))
}

/// Changes whenever any migration, role or read model's table does: names the template database that tests are cloned from.
pub fn fingerprint() -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    ROLES.hash(&mut hasher);
    for migration in MIGRATOR.iter() {
        (migration.version, &migration.checksum).hash(&mut hasher);
    }
    for read_model in READ_MODELS {
        (read_model.projection, read_model.sql).hash(&mut hasher);
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

/// What the record lacks, after checking that what it has is what this binary would have run.
async fn missing(
    connection: &mut PgConnection,
) -> Result<(Vec<&'static Migration>, Vec<&'static ReadModel>), MigrationError> {
    let migrations = missing_migrations(connection).await?;
    Ok((migrations, read_models::missing(connection).await?))
}

async fn missing_migrations(
    connection: &mut PgConnection,
) -> Result<Vec<&'static Migration>, MigrationError> {
    let known: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(&mut *connection)
        .await
        .map_err(MigrationError::Unreadable)?;
    if !known {
        return Ok(MIGRATOR.iter().collect());
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
        .collect())
}

fn steps(migrations: Vec<&'static Migration>, read_models: Vec<&'static ReadModel>) -> Vec<Step> {
    migrations.into_iter().map(step).chain(read_models.into_iter().map(step_of)).collect()
}

fn step(migration: &'static Migration) -> Step {
    Step::Migration { version: migration.version, name: &migration.description, sql: migration.sql.as_str() }
}

const fn step_of(read_model: &'static ReadModel) -> Step {
    let ReadModel { projection, version, sql, .. } = *read_model;
    Step::ReadModel { projection, version, sql }
}

fn explain(error: MigrateError, migration: &Migration) -> MigrationError {
    let failed = |cause| MigrationError::Failed {
        version: migration.version,
        name: migration.description.to_string(),
        cause,
    };
    match error {
        MigrateError::Dirty(version) => MigrationError::HalfFinished(version),
        MigrateError::VersionMismatch(version) => MigrationError::Changed(version),
        MigrateError::VersionMissing(version) => MigrationError::Unknown(version),
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => failed(cause),
        other => failed(sqlx::Error::Migrate(Box::new(other))),
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Migration { version, name, .. } => write!(f, "{version} {name}"),
            Self::ReadModel { projection, version, .. } => write!(f, "tables of {projection} v{version}"),
        }
    }
}
