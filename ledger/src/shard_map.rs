//! Which database keeps which shards. One database is enough for long; several are the same to everybody else.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use thiserror::Error;
use xentri_domain::kernel::OrgId;

use crate::shard::Shard;

/// How many shards a ledger has that nobody has configured.
const DEFAULT_SHARDS: u16 = 8;

/// Every shard stands in exactly one database. The first database keeps the directory of orgs too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardMap(Vec<DatabaseShards>);

/// One database and its shards, as in `[[database]] url = "…", shards = [0, 1, 2, 3]`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseShards {
    /// With the password: it is never shown.
    pub url: String,
    pub shards: Vec<Shard>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ShardMapError {
    #[error("no database is listed")]
    Empty,
    #[error("shard {0} is listed twice")]
    Twice(Shard),
    #[error("shard {0} is listed nowhere: shards are numbered from 0 without a gap")]
    Missing(Shard),
}

impl ShardMap {
    pub fn new(databases: Vec<DatabaseShards>) -> Result<Self, ShardMapError> {
        if databases.is_empty() {
            return Err(ShardMapError::Empty);
        }
        let mut all = BTreeSet::new();
        for shard in databases.iter().flat_map(|database| &database.shards) {
            if !all.insert(*shard) {
                return Err(ShardMapError::Twice(*shard));
            }
        }
        let expected = (0..=u16::MAX).map(Shard::new);
        match all.iter().zip(expected.clone()).find(|(shard, expected)| *shard != expected) {
            Some((_, missing)) => Err(ShardMapError::Missing(missing)),
            None if all.is_empty() => Err(ShardMapError::Missing(Shard::new(0))),
            None => Ok(Self(databases)),
        }
    }

    /// One database with the usual number of shards.
    pub fn single(url: impl Into<String>) -> Self {
        Self(vec![DatabaseShards { url: url.into(), shards: (0..DEFAULT_SHARDS).map(Shard::new).collect() }])
    }

    pub fn databases(&self) -> &[DatabaseShards] {
        &self.0
    }

    /// In order, from 0.
    pub fn shards(&self) -> Vec<Shard> {
        let mut shards: Vec<_> = self.0.iter().flat_map(|database| &database.shards).copied().collect();
        shards.sort_unstable();
        shards
    }

    /// Where a new org goes. Once it is in the directory, the directory alone decides: shards may be added later.
    pub fn shard_of_new(&self, org: OrgId) -> Shard {
        let count = self.0.iter().map(|database| database.shards.len()).sum::<usize>();
        Shard::of_new(org, u16::try_from(count).unwrap_or(u16::MAX))
    }
}

impl fmt::Debug for DatabaseShards {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DatabaseShards").field("shards", &self.shards).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(shards: &[&[u16]]) -> Result<ShardMap, ShardMapError> {
        let database = |shards: &[u16]| DatabaseShards {
            url: "postgres://xentri:secret@db/xentri".to_owned(),
            shards: shards.iter().copied().map(Shard::new).collect(),
        };
        ShardMap::new(shards.iter().map(|shards| database(shards)).collect())
    }

    #[test]
    fn every_shard_stands_in_exactly_one_database() {
        assert_eq!(map(&[&[0, 2], &[3, 1]]).unwrap().shards(), [0, 1, 2, 3].map(Shard::new));
        assert_eq!(map(&[&[0, 1], &[1]]), Err(ShardMapError::Twice(Shard::new(1))));
        assert_eq!(map(&[&[0, 1], &[3]]), Err(ShardMapError::Missing(Shard::new(2))));
        assert_eq!(map(&[&[1]]), Err(ShardMapError::Missing(Shard::new(0))));
        assert_eq!(map(&[&[]]), Err(ShardMapError::Missing(Shard::new(0))));
        assert_eq!(map(&[]), Err(ShardMapError::Empty));
        assert_eq!(ShardMap::single("postgres://db").shards().len(), usize::from(DEFAULT_SHARDS));
    }

    #[test]
    fn a_database_may_have_no_shards_and_keep_the_directory_alone() {
        assert_eq!(map(&[&[], &[0, 1]]).unwrap().shards().len(), 2);
    }

    #[test]
    fn a_password_is_never_shown() {
        assert!(!format!("{:?}", map(&[&[0]]).unwrap()).contains("secret"));
    }
}
