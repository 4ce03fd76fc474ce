//! One org.

use sqlx::Row as _;

use super::error::VerifyError;
use super::places;
use super::session::AuditSession;
use super::walk::{Stretch, narrow, walk};
use crate::database::{DatabaseError, Databases, Home};
use crate::verify::book::CheckpointBook;
use crate::verify::chain::OrgChain;
use crate::verify::finding::{Finding, Reason};

/// Computes the chain of one org again, and says how far it goes. What only a whole shard shows, an event put between
/// those of other orgs, is for [`super::verify_ledger`].
pub async fn verify_org(
    databases: &Databases,
    home: Home,
    book: &CheckpointBook,
) -> Result<OrgChain, VerifyError> {
    let (org, shard) = (home.org(), home.shard().number());
    let mut session = AuditSession::of(databases.of(home.shard())?);
    let stretch = Stretch::Org(shard, org.uuid(), i64::MIN..=i64::MAX);
    let chain = OrgChain::new(org, book.of(org));
    let (chain, end) = walk(&mut session, stretch, chain, OrgChain::add_row).await?;
    if let Err(finding) = end {
        return Err(narrow(&mut session, *finding).await?.into());
    }
    let misplaced = |reason| VerifyError::from(Finding::of_org(org.uuid(), shard, reason));
    if let Some(other) = elsewhere(databases, home).await? {
        return Err(misplaced(Reason::OnTwoShards { other }));
    }
    match places::entry(&mut AuditSession::of(databases.first()), org.uuid()).await? {
        Some(entry) if entry.shard == shard => {}
        Some(entry) => return Err(misplaced(Reason::OtherShard { directory: entry.shard })),
        None => return Err(misplaced(Reason::NotInDirectory)),
    }
    let events = |one| if one == org { chain.org_seq() } else { u64::MAX };
    match book.missing(events).into_iter().next() {
        Some(finding) => Err(finding.into()),
        None => Ok(chain),
    }
}

/// Another shard that has events of the org, in any database.
async fn elsewhere(databases: &Databases, home: Home) -> Result<Option<i32>, DatabaseError> {
    let query = "select s.shard from unnest($1::int[]) s(shard) cross join lateral \
         (select from event e where e.shard = s.shard and e.org_id = $2 order by e.org_seq limit 1) e";
    for database in databases.all() {
        let mut session = AuditSession::of(database);
        // Those that there are, not those that there should be.
        let shards = places::ends(&mut session).await?.into_iter().map(|(shard, _)| shard);
        let home_is_here = database.shards.contains(&home.shard());
        let others: Vec<_> =
            shards.filter(|shard| !(home_is_here && *shard == home.shard().number())).collect();
        let rows = session.rows(sqlx::query(query).bind(others).bind(home.org().uuid())).await?;
        if let Some(row) = rows.first() {
            return Ok(Some(row.try_get(0)?));
        }
    }
    Ok(None)
}
