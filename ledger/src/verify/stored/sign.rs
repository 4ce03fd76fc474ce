//! Signing where the orgs of the whole ledger stand, after verifying what came since it was signed last.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use thiserror::Error;
use uuid::Uuid;
use xentri_domain::kernel::{OrgId, Timestamp};

use super::copied;
use super::error::{Findings, VerifyError};
use super::heads::{Head, heads};
use super::places;
use super::session::AuditSession;
use super::walk::{Stretch, first, narrow, walk};
use crate::database::{DatabaseError, Databases};
use crate::verify::book::{CheckpointBook, SignedHead};
use crate::verify::chain::{ChainLink, OrgChain};
use crate::verify::checkpoint::Checkpoint;
use crate::verify::checkpoint_file::CheckpointFile;
use crate::verify::finding::{EventColumn, Finding, Reason};
use crate::verify::key::CheckpointKey;

#[derive(Debug, Error)]
pub enum CheckpointsError {
    /// Nothing was signed.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    #[error("shard {shard} is in no epoch that began after everything was signed: begin a new epoch first")]
    NoNewEpoch { shard: i32 },
    #[error("can't write the checkpoints")]
    Write(#[from] io::Error),
}

impl From<DatabaseError> for CheckpointsError {
    fn from(error: DatabaseError) -> Self {
        Self::Verify(error.into())
    }
}

/// Signs every org that has moved since `book` was written, which is all that `file` has. Each is verified from the
/// last event that was signed on; that one has to be what was signed. All orgs or none: whoever has to be told that
/// one does not fit should not find checkpoints that look like a good day.
///
/// Returns what it signed.
pub async fn make_checkpoints(
    databases: &Databases,
    book: &CheckpointBook,
    key: &CheckpointKey,
    file: &mut CheckpointFile,
    made_at: Timestamp,
) -> Result<Vec<Checkpoint>, CheckpointsError> {
    let (mut moved, mut findings) = (Vec::new(), Vec::new());
    let mut seen: HashMap<Uuid, (i32, u64)> = HashMap::new();
    for database in databases.all() {
        let mut session = AuditSession::of(database);
        for (shard, end) in places::ends(&mut session).await? {
            for head in heads(&mut session, shard, end).await? {
                if let Some((other, _)) = seen.insert(head.org, (shard, head.org_seq)) {
                    findings.push(Finding::of_org(head.org, shard, Reason::OnTwoShards { other }));
                    continue;
                }
                match chain_to(&mut session, shard, &head, book).await {
                    Ok(chain) => moved.extend(chain.map(|chain| chain.checkpoint(made_at))),
                    Err(VerifyError::Found(found)) => findings.extend(found.into_all()),
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    findings.extend(book.missing(|org| seen.get(&org.uuid()).map_or(0, |(_, org_seq)| *org_seq)));
    Findings::none_of(findings)?;
    file.append(&moved, key)?;
    Ok(moved)
}

/// Verifies an org up to its head; None where that is signed already.
async fn chain_to(
    session: &mut AuditSession,
    shard: i32,
    head: &Head,
    book: &CheckpointBook,
) -> Result<Option<OrgChain>, VerifyError> {
    let of_org = |reason| Finding::of_org(head.org, shard, reason);
    let org = OrgId::try_from(head.org).map_err(|_| of_org(Reason::Impossible(EventColumn::OrgId)))?;
    let signed = book.of(org);
    let last = signed.last().map_or(0, |last| last.org_seq);
    if last < head.org_seq {
        return Ok(Some(chain_from(session, shard, org, signed, head.org_seq).await?));
    }
    // Of an end that is missing it is told for all orgs together.
    let here = |one: &&SignedHead| one.org_seq == head.org_seq;
    let Some(other) = signed.iter().filter(here).find(|one| one.hash != head.hash) else { return Ok(None) };
    let fits_to = signed.iter().rfind(|one| one.org_seq < head.org_seq).map_or(0, |one| one.org_seq);
    let reason = Reason::NotAsSigned { made_at: other.made_at, fits_to };
    Err(Finding { org_seq: number(head.org_seq), ..of_org(reason) }.into())
}

/// Verifies an org up to its event `to`: from the last that is signed, or from its first.
pub(super) async fn chain_from(
    session: &mut AuditSession,
    shard: i32,
    org: OrgId,
    signed: Arc<[SignedHead]>,
    to: u64,
) -> Result<OrgChain, VerifyError> {
    let (chain, from) = match signed.last() {
        // A number below 1 was never given.
        None | Some(SignedHead { org_seq: 0, .. }) => (OrgChain::new(org, signed), i64::MIN),
        Some(last) => {
            let at = number(last.org_seq);
            let row = first(session, &Stretch::Org(shard, org.uuid(), at..=at)).await?;
            let gone = Reason::MissingTail { made_at: last.made_at, signed: last.org_seq };
            let row =
                row.ok_or_else(|| Finding { org_seq: at, ..Finding::of_org(org.uuid(), shard, gone) })?;
            let row = copied::parse(&row)?;
            let link = row.recorded().map(|recorded| ChainLink::of(recorded, row.body));
            let chain = link.and_then(|link| OrgChain::resume(org, &link, signed));
            (chain.map_err(|reason| row.finding(reason))?, at + 1)
        }
    };
    let stretch = Stretch::Org(shard, org.uuid(), from..=number(to));
    let (chain, end) = walk(session, stretch, chain, OrgChain::add_row).await?;
    match end {
        Ok(()) => Ok(chain),
        Err(finding) => Err(narrow(session, *finding).await?.into()),
    }
}

fn number(org_seq: u64) -> i64 {
    i64::try_from(org_seq).unwrap_or(i64::MAX)
}
