//! What a rule is made of, and what an event does to the items about a matter.

use std::time::Duration;

use compact_str::CompactString;
use uuid::Uuid;
use xentri_domain::kernel::{Money, OrgId, Scope, StreamId, Timestamp};

use super::argument::{Argument, Arguments};
use crate::kit::LedgerEvent;

/// The item that a kind of event makes at module scope, and how the scopes above judge it.
#[derive(Debug)]
pub(super) struct Rule {
    /// In the ids of its items and in the keys of their texts, `{name}.title` and `{name}.summary`: never changed.
    pub(super) name: &'static str,
    /// Of a thing and a matter there is at most one item at a scope: the newest takes the place of the one before, and
    /// an event that settles the matter clears it.
    pub(super) matter: &'static str,
    /// From 1, the most, to 5.
    pub(super) importance: i32,
    pub(super) action_required: bool,
    /// Where it is not to be seen at once.
    pub(super) visible_after_days: u16,
    /// News gets old; what somebody has to do stays until it is done.
    pub(super) expires_after_days: Option<u16>,
    /// What the scopes above make of it, one level after the other. Where one does not want it, none above sees it.
    pub(super) promotions: &'static [Promotion],
}

impl Rule {
    /// Something that has to be done.
    pub(super) const TASK: Self = Self {
        name: "",
        matter: "",
        importance: 3,
        action_required: true,
        visible_after_days: 0,
        expires_after_days: None,
        promotions: &[],
    };
    /// Something that is good to know for a week.
    pub(super) const NEWS: Self = Self { action_required: false, expires_after_days: Some(7), ..Self::TASK };
}

/// A scope's own item of one that stands a level below.
#[derive(Debug)]
pub(super) struct Promotion {
    pub(super) when: When,
    pub(super) importance: i32,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    Always,
    /// In whole units of whatever currency: a rule of thumb, for there are no exchange rates in a fold.
    Worth(i64),
    Score(u8),
}

impl When {
    fn is_met(self, finding: &Finding) -> bool {
        match self {
            Self::Always => true,
            Self::Score(least) => finding.score.is_some_and(|score| score >= least),
            Self::Worth(least) => finding.worth.is_some_and(|worth| {
                let unit = 10_i64.pow(worth.currency().decimals().into());
                worth.amount() >= least.saturating_mul(unit)
            }),
        }
    }
}

/// What a rule found in an event.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) rule: &'static Rule,
    pub(super) arguments: Arguments,
    worth: Option<Money>,
    score: Option<u8>,
    visible_from: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    pub(super) action_url: Option<CompactString>,
}

impl Finding {
    pub(super) fn of(rule: &'static Rule) -> Self {
        Self {
            rule,
            arguments: Vec::new(),
            worth: None,
            score: None,
            visible_from: None,
            expires_at: None,
            action_url: None,
        }
    }

    pub(super) fn with(mut self, name: &'static str, argument: Argument) -> Self {
        self.arguments.push((name, argument));
        self
    }

    /// An argument that promotions look at as well.
    pub(super) fn worth(mut self, name: &'static str, money: Money) -> Self {
        self.worth = Some(money);
        self.with(name, Argument::Money(money))
    }

    pub(super) fn scored(mut self, score: u8) -> Self {
        self.score = Some(score);
        self.with("score", Argument::Count(score.into()))
    }

    pub(super) fn visible_from(self, moment: Option<Timestamp>) -> Self {
        Self { visible_from: moment, ..self }
    }

    pub(super) fn expires_at(self, moment: Timestamp) -> Self {
        Self { expires_at: Some(moment), ..self }
    }

    pub(super) fn at(self, url: &str) -> Self {
        Self { action_url: Some(url.into()), ..self }
    }

    /// How important it is so many levels above its module; none where it is not seen there.
    pub(super) fn importance_at(&self, level: usize) -> Option<i32> {
        let promotions = self.rule.promotions.get(..level)?;
        let seen = promotions.iter().all(|promotion| promotion.when.is_met(self));
        let importance = promotions.last().map_or(self.rule.importance, |promotion| promotion.importance);
        seen.then_some(importance)
    }

    pub(super) fn begins(&self, event: &LedgerEvent) -> Option<Timestamp> {
        let after = self.rule.visible_after_days;
        self.visible_from.or_else(|| if after == 0 { None } else { later(event.recorded_at, after) })
    }

    pub(super) fn ends(&self, event: &LedgerEvent) -> Option<Timestamp> {
        self.expires_at.or_else(|| later(event.recorded_at, self.rule.expires_after_days?))
    }
}

/// None after all time.
fn later(moment: Timestamp, days: u16) -> Option<Timestamp> {
    moment.plus(Duration::from_hours(24 * u64::from(days))).ok()
}

/// What an event does to the items about a matter, at all scopes that see any of them.
#[derive(Debug)]
pub(super) struct Touch {
    pub(super) matter: &'static str,
    /// Of which one, where a thing has several such matters.
    pub(super) which: Option<&'static str>,
    pub(super) effect: Effect,
}

#[derive(Debug)]
pub(super) enum Effect {
    /// Is the item from now on.
    Becomes(Finding),
    /// Settles the matter.
    Ends,
    /// Changes what the item says, where there is one.
    Amends(Arguments),
    /// Waits with others of that rule, of which the one that is due first is shown. The id names it when it leaves.
    Joins(Uuid, Finding),
    Leaves(Uuid),
}

impl Effect {
    /// Whatever stands there.
    pub(super) fn makes_anew(&self) -> bool {
        matches!(self, Self::Becomes(_) | Self::Ends)
    }
}

impl Touch {
    pub(super) fn becomes(finding: Finding) -> Self {
        Self { matter: finding.rule.matter, which: None, effect: Effect::Becomes(finding) }
    }

    pub(super) fn ends(matter: &'static str) -> Self {
        Self { matter, which: None, effect: Effect::Ends }
    }

    pub(super) fn of(self, which: &'static str) -> Self {
        Self { which: Some(which), ..self }
    }

    /// The row of the matter at a scope. Made of what a later event knows too, so that this can find it.
    pub(super) fn place(&self, event: &LedgerEvent, scope: Scope) -> Uuid {
        let which = self.which.unwrap_or_default();
        place(event.org(), &format!("{}/{}/{which}/{scope}", event.stream(), self.matter))
    }
}

fn place(org: OrgId, words: &str) -> Uuid {
    StreamId::natural(org, "pulse_items", words).uuid()
}

/// The rules of an aggregate.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) scope: Scope,
    pub(super) rules: &'static [&'static Rule],
}

impl Module {
    /// The scopes that may have an item about the matter, from the module up.
    pub(super) fn scopes(&self, matter: &str) -> impl Iterator<Item = Scope> + use<> {
        let rules = self.rules.iter().filter(|rule| rule.matter == matter);
        let highest = rules.map(|rule| rule.promotions.len()).max().unwrap_or_default();
        std::iter::successors(Some(self.scope), |scope| scope.parent()).take(highest + 1)
    }
}
