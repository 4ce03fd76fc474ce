//! The tables of read models: a template of each, and a first generation of it that readers see.
//!
//! Their SQL stands beside their folds, one file for each; a version of it is made once and never changes.

use sqlx::migrate::{Migration, MigrationType};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor, SqlSafeStr};

use crate::error::MigrationError;

pub(crate) static READ_MODELS: &[ReadModel] = &include!(concat!(env!("OUT_DIR"), "/read_models.rs"));

/// A read model's tables, and the SQL that makes the templates of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReadModel {
    pub(crate) projection: &'static str,
    pub(crate) version: i32,
    tables: &'static [&'static str],
    pub(crate) sql: &'static str,
}

impl ReadModel {
    /// As sqlx makes it for the numbered files.
    pub(crate) fn checksum(&self) -> String {
        use std::fmt::Write as _;
        let text = Migration::new(
            self.version.into(),
            self.projection.into(),
            MigrationType::Simple,
            self.sql.into_sql_str(),
            false,
        );
        text.checksum.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string can't fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// In a transaction of its own: templates without a generation would be no use to anybody.
    pub(crate) async fn install(&self, connection: &mut PgConnection) -> Result<(), MigrationError> {
        self.try_install(connection).await.map_err(|cause| MigrationError::Tables {
            projection: self.projection,
            version: self.version,
            cause,
        })
    }

    async fn try_install(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let mut transaction = connection.begin().await?;
        transaction.execute("set local role xentri_builder; set local search_path = read").await?;
        transaction.execute(self.sql).await?;
        sqlx::query("select app.install_projection($1, $2, $3, $4)")
            .bind(self.projection)
            .bind(self.version)
            .bind(self.tables)
            .bind(self.checksum())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }
}

/// Those that the database lacks, after checking that those it has are what this binary would have made.
pub(crate) async fn missing(
    connection: &mut PgConnection,
) -> Result<Vec<&'static ReadModel>, MigrationError> {
    let known: bool = sqlx::query_scalar("select to_regclass('projection_table') is not null")
        .fetch_one(&mut *connection)
        .await
        .map_err(MigrationError::Unreadable)?;
    if !known {
        return Ok(READ_MODELS.iter().collect());
    }
    let made: Vec<(String, i32, String)> =
        sqlx::query_as("select distinct projection, version, checksum from projection_table")
            .fetch_all(connection)
            .await
            .map_err(MigrationError::Unreadable)?;
    let mut missing = Vec::new();
    for ours in READ_MODELS {
        let same = |(projection, version, _): &&(String, i32, String)| {
            (projection.as_str(), *version) == (ours.projection, ours.version)
        };
        match made.iter().find(same) {
            None => missing.push(ours),
            Some((.., checksum)) if *checksum == ours.checksum() => {}
            Some(_) => {
                return Err(MigrationError::TablesChanged {
                    projection: ours.projection,
                    version: ours.version,
                });
            }
        }
    }
    Ok(missing)
}
