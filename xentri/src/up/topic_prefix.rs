//! Whose topics are whose. A Kafka for development outlives the ledgers that it was used with, and serves several: events of
//! one ledger in the topics of another would be a fault that no relay could mend.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use uuid::Uuid;

/// A cluster is numbered when it is made, and a database in it.
const IDENTITY: &str = "select system_identifier || ' ' || (select oid from pg_database where datname = current_database()) \
     from pg_control_system()";

/// The same as long as the ledger is the same one. `directory`: of its data, where it is ours, so that a copy of it is another
/// ledger.
pub(super) async fn topic_prefix(database_url: &str, directory: Option<&Path>) -> anyhow::Result<String> {
    let mut connection = xentri_migrations::connect(database_url).await?;
    let identity: String = sqlx::query_scalar(IDENTITY).fetch_one(&mut connection).await.context(
        "Postgres does not say which database it is; name a topic prefix with XENTRI_KAFKA_TOPIC_PREFIX",
    )?;
    let directory =
        directory.map(fs::canonicalize).transpose().context("can't look at the data directory")?;
    Ok(prefix(&identity, directory.as_deref()))
}

fn prefix(identity: &str, directory: Option<&Path>) -> String {
    let mut name = identity.as_bytes().to_vec();
    if let Some(directory) = directory {
        name.push(b' ');
        name.extend(directory.as_os_str().as_encoded_bytes());
    }
    let name = Uuid::new_v5(&Uuid::NAMESPACE_OID, &name).simple().to_string();
    format!("up-{name:.8}-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_keeps_its_prefix_and_shares_it_with_no_other() {
        let here = Some(Path::new("/srv/one"));
        assert_eq!(prefix("7512 16384", here), "up-9423b04f-", "also in later releases");
        let others = [
            prefix("7513 16384", here),
            prefix("7512 16385", here),
            prefix("7512 16384", Some(Path::new("/srv/two"))),
            prefix("7512 16384", None),
        ];
        assert!(others.iter().all(|other| *other != prefix("7512 16384", here)), "{others:?}");
    }
}
