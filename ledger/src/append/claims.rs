//! What a chain must have for itself within one call.
//!
//! Two chains of one call must not name the same stream, idempotency key, new subject or new org: each would be
//! checked against the ledger as it was before the other. Chains come from callers that know nothing of each other,
//! so the later one waits for the next call, where it meets what the first has left.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{OrgId, SubjectId};

use super::chain::Chain;

/// As a hash: a collision makes a chain wait for one call in vain, and nothing worse.
pub(super) type Claim = u64;

#[derive(Hash)]
enum Thing<'a> {
    Org(OrgId),
    Stream(OrgId, StreamRef),
    Key(OrgId, &'a str, &'a str),
    Subject(OrgId, SubjectId),
}

static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

pub(super) fn of(chain: &Chain) -> Vec<Claim> {
    let org = chain.home.org();
    let mut claims = Vec::with_capacity(chain.streams.len() + chain.commands.len());
    let mut add = |thing: Thing<'_>| claims.push(HASHER.hash_one(thing));
    if chain.new_org.is_some() {
        add(Thing::Org(org));
    }
    for stream in &chain.streams {
        add(Thing::Stream(org, stream.stream));
    }
    for command in &chain.commands {
        if let Some(receipt) = &command.record.receipt {
            add(Thing::Key(org, &command.actor, receipt.key.as_str()));
        }
        // Whoever brings data about a person is kept apart from whoever forgets them, too.
        let about = command.record.about.iter().map(|(subject, _)| *subject);
        let new = command.record.new_subjects.iter().map(|new| new.subject);
        let forgotten = command.record.forgets.iter().map(|forgets| forgets.subject);
        about.chain(new).chain(forgotten).for_each(|subject| add(Thing::Subject(org, subject)));
    }
    // A chain may name a person twice.
    claims.sort_unstable();
    claims.dedup();
    claims
}
