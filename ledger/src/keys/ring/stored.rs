//! Wrapped keys as the tables have them.

use std::collections::{BTreeSet, HashMap};

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;
use xentri_domain::kernel::{OrgId, SubjectId};

use crate::database::DatabaseError;
use crate::keys::Wrapped;
use crate::shard::Shard;

/// What is not in here has no row; none is a key that was destroyed.
#[derive(Default)]
pub(super) struct Stored {
    pub(super) orgs: HashMap<OrgId, Option<Wrapped>>,
    pub(super) subjects: HashMap<(OrgId, SubjectId), Option<Vec<u8>>>,
}

/// Probes, not joins, so that no plan depends on statistics.
const STORED: &str = "\
    select o.id, null::uuid, k.wrapped, k.master_key from unnest($2::uuid[]) o(id) \
     cross join lateral (select wrapped, master_key from org_key where org_id = o.id and shard = $1 limit 1) k \
    union all \
    select s.org, s.subject, k.wrapped, null from unnest($3::uuid[], $4::uuid[]) s(org, subject) \
     cross join lateral (select wrapped from subject_key \
                          where shard = $1 and org_id = s.org and subject_id = s.subject limit 1) k";

impl Stored {
    /// Keys of orgs, and of people in them, in one statement.
    pub(super) async fn read_in_tx(
        connection: &mut PgConnection,
        shard: Shard,
        orgs: &BTreeSet<OrgId>,
        subjects: &BTreeSet<(OrgId, SubjectId)>,
    ) -> Result<Self, DatabaseError> {
        let rows = sqlx::query(STORED)
            .bind(shard.number())
            .bind(orgs.iter().map(|org| org.uuid()).collect::<Vec<_>>())
            .bind(subjects.iter().map(|(org, _)| org.uuid()).collect::<Vec<_>>())
            .bind(subjects.iter().map(|(_, subject)| subject.uuid()).collect::<Vec<_>>())
            .fetch_all(connection)
            .await?;
        let mut stored = Self::default();
        for row in &rows {
            stored.add(row)?;
        }
        Ok(stored)
    }

    fn add(&mut self, row: &PgRow) -> Result<(), DatabaseError> {
        let org = OrgId::try_from(row.try_get::<Uuid, _>(0)?).map_err(|_| unreadable("org_id"))?;
        let subject: Option<Uuid> = row.try_get(1)?;
        let wrapped: Option<Vec<u8>> = row.try_get(2)?;
        if let Some(subject) = subject {
            let subject = SubjectId::try_from(subject).map_err(|_| unreadable("subject_id"))?;
            self.subjects.insert((org, subject), wrapped);
        } else {
            let master_key: String = row.try_get(3)?;
            self.orgs.insert(org, wrapped.map(|bytes| Wrapped { master_key, bytes }));
        }
        Ok(())
    }
}

fn unreadable(column: &str) -> DatabaseError {
    let message = format!("column {column} of a key holds what this program can't read");
    DatabaseError::Failed { code: "none".to_owned(), message }
}
