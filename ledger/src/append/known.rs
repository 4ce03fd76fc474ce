//! What a call has shown about chains that still wait: without it, a crowd on one stream would learn one by one, each
//! with a call, that it comes too late.

use std::collections::HashMap;

use super::chain::Chain;
use super::claims::Claim;
use super::outcome::{Outcome, Refusal};

/// The answered chains of a call that say something about others, by what they claimed.
#[derive(Default)]
pub(super) struct Known {
    answered: Vec<(Chain, Fate)>,
    by_claim: HashMap<Claim, usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Appended,
    Stale,
}

/// Whether an answered chain means that refusal for a waiting one.
type Bears = fn(answered: &Chain, fate: Fate, waiting: &Chain) -> bool;

impl Known {
    /// `claims` are the chain's; no other chain of the call has one of them.
    pub(super) fn learn(&mut self, chain: Chain, claims: Vec<Claim>, outcome: &Outcome) {
        let fate = match outcome {
            Outcome::Appended(_) => Fate::Appended,
            // With several streams it is not known which of them has moved on; who forgets somebody may have counted wrong.
            Outcome::Refused(Refusal::Stale) if chain.streams.len() == 1 && !forgets(&chain) => Fate::Stale,
            Outcome::Refused(_) => return,
        };
        self.by_claim.extend(claims.into_iter().map(|claim| (claim, self.answered.len())));
        self.answered.push((chain, fate));
    }

    /// Whether the chain would be refused if it were sent now. The reasons come in the order in which the ledger checks.
    pub(super) fn tells(&self, chain: &Chain, claims: &[Claim]) -> Option<Refusal> {
        let bearing = || {
            let answered = claims.iter().filter_map(|claim| self.answered.get(*self.by_claim.get(claim)?));
            answered.filter(|(other, _)| other.home == chain.home)
        };
        let reasons: [(Bears, Refusal); 4] = [
            (org_exists, Refusal::OrgExists),
            (key_used, Refusal::KeyUsed),
            (stale, Refusal::Stale),
            (key_exists, Refusal::SubjectKeyExists),
        ];
        let holds = |reason: Bears| bearing().any(|(other, fate)| reason(other, *fate, chain));
        reasons.into_iter().find_map(|(reason, refusal)| holds(reason).then_some(refusal))
    }
}

fn forgets(chain: &Chain) -> bool {
    chain.commands.iter().any(|command| !command.record.forgets.is_empty())
}

fn org_exists(answered: &Chain, fate: Fate, waiting: &Chain) -> bool {
    fate == Fate::Appended && answered.new_org.is_some() && waiting.new_org.is_some()
}

fn key_used(answered: &Chain, fate: Fate, waiting: &Chain) -> bool {
    let keys = |chain: &Chain| -> Vec<(String, String)> {
        let keyed = chain.commands.iter().filter_map(|command| {
            let receipt = command.record.receipt.as_ref()?;
            Some((command.actor.clone(), receipt.key.as_str().to_owned()))
        });
        keyed.collect()
    };
    fate == Fate::Appended && {
        let used = keys(answered);
        keys(waiting).iter().any(|key| used.contains(key))
    }
}

fn stale(answered: &Chain, fate: Fate, waiting: &Chain) -> bool {
    waiting.streams.iter().any(|wanted| {
        let shared = answered.streams.iter().find(|known| known.stream == wanted.stream);
        shared.is_some_and(|known| match fate {
            Fate::Appended => known.events > 0 && wanted.expected < known.left(),
            // Its head is another than that, and heads only grow.
            Fate::Stale => wanted.expected == known.expected,
        })
    })
}

fn key_exists(answered: &Chain, fate: Fate, waiting: &Chain) -> bool {
    let new = |chain: &Chain| -> Vec<_> {
        chain
            .commands
            .iter()
            .flat_map(|command| &command.record.new_subjects)
            .map(|new| new.subject)
            .collect()
    };
    fate == Fate::Appended && {
        let made = new(answered);
        new(waiting).iter().any(|subject| made.contains(subject))
    }
}
