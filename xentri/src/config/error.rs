//! What is wrong with a configuration, in one line that says where and what to do.

use std::path::PathBuf;

use thiserror::Error;
use xentri_ledger::{MasterKeyError, ShardMapError};

#[derive(Debug, Error)]
pub(crate) enum ConfigError {
    #[error("the configuration {} can't be read: {error}", path.display())]
    Unreadable { path: PathBuf, error: std::io::Error },
    #[error("{}, line {line}: {message}", path.display())]
    BadFile { path: PathBuf, line: usize, message: String },
    #[error("{variable}: {message}")]
    BadVariable { variable: String, message: String },
    #[error("{setting} {message}")]
    BadValue { setting: &'static str, message: &'static str },
    #[error("{setting}: {} can't be read: {error}", path.display())]
    UnreadableFile { setting: &'static str, path: PathBuf, error: std::io::Error },
    #[error("both `database_url` and `[[database]]` name databases; leave one of them away")]
    DatabasesTwice,
    #[error("no database is named; set DATABASE_URL, or list `[[database]]` in the file that --config names")]
    NoDatabase,
    #[error("no Kafka is named; set XENTRI_KAFKA_BROKERS, as in localhost:9092")]
    NoKafka,
    #[error("the databases' shards: {0}")]
    Shards(#[from] ShardMapError),
    #[error("both `master_key` and `master_key_file` are set; leave one of them away")]
    MasterKeysTwice,
    #[error("no master key is named; set XENTRI_MASTER_KEY or XENTRI_MASTER_KEY_FILE")]
    NoMasterKey,
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
}
