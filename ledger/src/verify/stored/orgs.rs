//! Whether the orgs whose events were seen are those of the directory and of the checkpoints.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;

use super::places::{self, Entry};
use super::session::AuditSession;
use super::whole::Checked;
use crate::database::{DatabaseError, Databases};
use crate::verify::book::CheckpointBook;
use crate::verify::finding::{Finding, Reason};

type Directory = HashMap<Uuid, Entry>;

pub(super) struct OrgsSeen {
    /// In the order of shards and ids.
    all: Vec<(i32, Uuid)>,
    /// How many events an org has, on whichever shard.
    events: HashMap<Uuid, u64>,
    /// Shards that were not read to their end: of what comes after a finding nothing is known.
    unread: HashSet<i32>,
}

impl OrgsSeen {
    pub(super) fn of(checks: &BTreeMap<i32, Checked>) -> Self {
        let mut seen = Self { all: Vec::new(), events: HashMap::new(), unread: HashSet::new() };
        for (shard, (check, finding)) in checks {
            for org in check.orgs().filter(|org| org.org_seq() > 0) {
                let id = org.org_id().uuid();
                seen.all.push((*shard, id));
                let events = seen.events.entry(id).or_default();
                *events = org.org_seq().max(*events);
            }
            if finding.is_some() {
                seen.unread.insert(*shard);
            }
        }
        seen.all.sort_unstable();
        seen
    }

    /// Events on a shard that is not their org's.
    pub(super) async fn misplaced(
        &self,
        databases: &Databases,
        directory: &Directory,
    ) -> Result<Vec<Finding>, DatabaseError> {
        let mut asked = AuditSession::of(databases.first());
        let mut findings = Vec::new();
        let mut homes: HashMap<Uuid, i32> = HashMap::new();
        for (shard, org) in &self.all {
            let other = homes.get(org).copied();
            homes.entry(*org).or_insert(*shard);
            let mut entry = directory.get(org).copied();
            if entry.is_none() {
                // It may have been made since the directory was read.
                entry = places::entry(&mut asked, *org).await?;
            }
            let reason = match (entry, other) {
                (_, Some(other)) => Reason::OnTwoShards { other },
                (None, None) => Reason::NotInDirectory,
                (Some(entry), None) if entry.shard != *shard => Reason::OtherShard { directory: entry.shard },
                (Some(_), None) => continue,
            };
            findings.push(Finding::of_org(*org, *shard, reason));
        }
        Ok(findings)
    }

    /// Orgs that are active and have no events, unless it was signed that a restore has lost them.
    pub(super) fn without_events(&self, directory: &Directory, book: &CheckpointBook) -> Vec<Finding> {
        let lost = |org: Uuid| {
            let signed = org.try_into().map(|org| book.of(org));
            signed.is_ok_and(|signed| signed.first().is_some_and(|head| head.org_seq == 0))
        };
        let mut findings: Vec<_> = directory
            .iter()
            .filter(|(org, entry)| entry.active && !self.events.contains_key(org))
            .filter(|(org, entry)| !self.unread.contains(&entry.shard) && !lost(**org))
            .map(|(org, entry)| Finding::of_org(*org, entry.shard, Reason::NoEvents))
            .collect();
        findings.sort_unstable_by_key(|finding| (finding.shard, finding.org_id));
        findings
    }

    /// Events that were signed and are not there.
    pub(super) fn missing(&self, directory: &Directory, book: &CheckpointBook) -> Vec<Finding> {
        let seen_on: HashMap<_, _> = self.all.iter().map(|(shard, org)| (*org, *shard)).collect();
        book.missing(|org| {
            let org = org.uuid();
            let shard = seen_on.get(&org).copied().or(directory.get(&org).map(|entry| entry.shard));
            if shard.is_some_and(|shard| self.unread.contains(&shard)) {
                return u64::MAX;
            }
            self.events.get(&org).copied().unwrap_or_default()
        })
    }
}
