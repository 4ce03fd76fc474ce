//! Taking back what was signed about events that a restore has lost.

use std::collections::HashSet;

use sqlx::Row as _;
use uuid::Uuid;
use xentri_domain::kernel::{OrgId, Timestamp};

use super::error::VerifyError;
use super::heads::heads;
use super::session::AuditSession;
use super::sign::{CheckpointsError, chain_from};
use crate::database::{Database, DatabaseError, Databases};
use crate::verify::book::CheckpointBook;
use crate::verify::chain::OrgChain;
use crate::verify::checkpoint::Checkpoint;
use crate::verify::checkpoint_file::CheckpointFile;
use crate::verify::key::CheckpointKey;

/// After the ledger was restored to an earlier point and a new epoch begun: signs, for every org of which more was
/// signed than was brought back, where it stood then. What was signed up to there still has to fit.
///
/// Only what the new epochs found is taken for brought back, so this may be done after appends too. It is for an
/// operator who knows of the restore: whatever is missing is forgiven. Returns what it signed, to be looked at.
pub async fn take_back_after_restore(
    databases: &Databases,
    book: &CheckpointBook,
    key: &CheckpointKey,
    file: &mut CheckpointFile,
    made_at: Timestamp,
) -> Result<Vec<Checkpoint>, CheckpointsError> {
    let mut round = Round { book, seen: HashSet::new(), taken_back: Vec::new(), made_at };
    for database in databases.all() {
        let mut session = AuditSession::of(database);
        for (shard, start) in starts(&mut session, database, book).await? {
            round.shard(&mut session, shard, start).await?;
        }
    }
    round.lost_altogether();
    file.append(&round.taken_back, key)?;
    Ok(round.taken_back)
}

struct Round<'a> {
    book: &'a CheckpointBook,
    seen: HashSet<Uuid>,
    taken_back: Vec<Checkpoint>,
    made_at: Timestamp,
}

impl Round<'_> {
    async fn shard(&mut self, session: &mut AuditSession, shard: i32, start: i64) -> Result<(), VerifyError> {
        for head in heads(session, shard, start).await? {
            let Ok(org) = OrgId::try_from(head.org) else { continue };
            // One that came back only as new events is as good as lost.
            if head.org_seq == 0 {
                continue;
            }
            self.seen.insert(head.org);
            let signed = self.book.of(org);
            if signed.last().is_some_and(|last| last.org_seq > head.org_seq) {
                let kept = signed.iter().take_while(|one| one.org_seq <= head.org_seq).copied().collect();
                let chain = chain_from(session, shard, org, kept, head.org_seq).await?;
                self.taken_back.push(self.as_restored(&chain));
            }
        }
        Ok(())
    }

    fn lost_altogether(&mut self) {
        let lost = |org: &OrgId| {
            let signed = self.book.of(*org);
            !self.seen.contains(&org.uuid()) && signed.last().is_some_and(|last| last.org_seq > 0)
        };
        let mut lost: Vec<_> = self.book.orgs().filter(lost).collect();
        lost.sort_unstable();
        let checkpoints: Vec<_> =
            lost.iter().map(|org| self.as_restored(&OrgChain::new(*org, [].into()))).collect();
        self.taken_back.extend(checkpoints);
    }

    fn as_restored(&self, chain: &OrgChain) -> Checkpoint {
        Checkpoint { restored: true, ..chain.checkpoint(self.made_at) }
    }
}

/// The last position of each shard that was brought back.
async fn starts(
    session: &mut AuditSession,
    database: &Database,
    book: &CheckpointBook,
) -> Result<Vec<(i32, i64)>, CheckpointsError> {
    let query = "select distinct on (shard) shard, epoch, start from ledger_epoch order by shard, epoch desc";
    let rows = session.rows(sqlx::query(query)).await?;
    let found = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)));
    let found = found.collect::<Result<Vec<(i32, i32, i64)>, sqlx::Error>>().map_err(DatabaseError::from)?;
    let start_of = |shard: i32| {
        let new = |epoch: i32| u64::from(epoch.unsigned_abs()) > book.highest_epoch();
        let start = found.iter().find(|(of, epoch, _)| *of == shard && new(*epoch));
        // Without one, it can't be told what a restore brought back and what was made after.
        start.map(|(_, _, start)| (shard, *start)).ok_or(CheckpointsError::NoNewEpoch { shard })
    };
    database.shards.iter().map(|shard| start_of(shard.number())).collect()
}
