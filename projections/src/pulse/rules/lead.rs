//! What of a lead deserves attention.

use uuid::Uuid;
use xentri_domain::kernel::Scope;
use xentri_domain::kernel::{Date, TimeZone, Timestamp};
use xentri_domain::lead::LeadEvent;

use super::super::argument::Argument;
use super::super::rule::{Effect, Finding, Module, Promotion, Rule, Touch, When};

const FIRST_CONTACT: &str = "first_contact";
const NEXT_STEP: &str = "next_step";
const PROPOSAL: &str = "proposal";
const OUTCOME: &str = "outcome";
const FOLLOW_UP: &str = "follow_up";

const CREATED: Rule = Rule {
    name: "lead_created",
    matter: FIRST_CONTACT,
    importance: 3,
    promotions: &[
        Promotion { when: When::Worth(10_000), importance: 3 },
        Promotion { when: When::Worth(100_000), importance: 3 },
    ],
    ..Rule::TASK
};

const QUALIFIED: Rule = Rule {
    name: "lead_qualified",
    matter: NEXT_STEP,
    importance: 3,
    promotions: &[Promotion { when: When::Score(80), importance: 3 }],
    ..Rule::TASK
};

const PROPOSAL_ENDS: Rule = Rule {
    name: "proposal_ends",
    matter: PROPOSAL,
    importance: 2,
    promotions: &[
        Promotion { when: When::Worth(10_000), importance: 2 },
        Promotion { when: When::Worth(50_000), importance: 3 },
        Promotion { when: When::Worth(250_000), importance: 3 },
    ],
    ..Rule::TASK
};

const WON: Rule = Rule {
    name: "deal_won",
    matter: OUTCOME,
    importance: 2,
    expires_after_days: Some(14),
    promotions: &[
        Promotion { when: When::Always, importance: 3 },
        Promotion { when: When::Worth(10_000), importance: 3 },
        Promotion { when: When::Worth(100_000), importance: 2 },
    ],
    ..Rule::NEWS
};

const LOST: Rule = Rule {
    name: "deal_lost",
    matter: OUTCOME,
    importance: 3,
    expires_after_days: Some(14),
    promotions: &[Promotion { when: When::Always, importance: 4 }],
    ..Rule::NEWS
};

const FOLLOW_UP_DUE: Rule = Rule { name: "follow_up_due", matter: FOLLOW_UP, importance: 2, ..Rule::TASK };

pub(super) const MODULE: Module = Module {
    scope: Scope::LEADS,
    rules: &[&CREATED, &QUALIFIED, &PROPOSAL_ENDS, &WON, &LOST, &FOLLOW_UP_DUE],
};

/// How long before a proposal ends somebody is told.
const PROPOSAL_NOTICE_DAYS: i32 = 3;

pub(super) fn touches(id: Uuid, event: &LeadEvent) -> Vec<Touch> {
    let find = |rule| Finding::of(rule).at(&format!("/sales/leads/{id}"));
    match event {
        LeadEvent::Created(created) => {
            let found = find(&CREATED);
            vec![Touch::becomes(match created.value {
                Some(value) => found.worth("value", value),
                None => found,
            })]
        }
        LeadEvent::Contacted(_) => vec![Touch::ends(FIRST_CONTACT)],
        LeadEvent::Qualified(qualified) => {
            vec![Touch::becomes(find(&QUALIFIED).scored(qualified.score.get()))]
        }
        LeadEvent::ProposalSent(sent) => {
            let ends = find(&PROPOSAL_ENDS)
                .worth("amount", sent.amount)
                .with("valid_until", Argument::Date(sent.valid_until))
                .visible_from(notice(sent.valid_until));
            vec![Touch::ends(NEXT_STEP), Touch::becomes(ends)]
        }
        LeadEvent::Won(won) => {
            vec![Touch::ends(PROPOSAL), Touch::becomes(find(&WON).worth("amount", won.amount))]
        }
        LeadEvent::Lost(_) => vec![
            Touch::ends(NEXT_STEP),
            Touch::ends(PROPOSAL),
            Touch::ends(FOLLOW_UP),
            Touch::becomes(find(&LOST)),
        ],
        LeadEvent::Disqualified(_) => {
            vec![Touch::ends(FIRST_CONTACT), Touch::ends(NEXT_STEP), Touch::ends(FOLLOW_UP)]
        }
        LeadEvent::FollowUpScheduled(scheduled) => {
            let due = find(&FOLLOW_UP_DUE)
                .with("due_at", Argument::Moment(scheduled.due_at))
                .visible_from(Some(scheduled.due_at));
            vec![follow_up(Effect::Joins(scheduled.follow_up_id.uuid(), due))]
        }
        LeadEvent::FollowUpCompleted(completed) => {
            vec![follow_up(Effect::Leaves(completed.follow_up_id.uuid()))]
        }
        LeadEvent::Updated(_) | LeadEvent::Assigned(_) | LeadEvent::NoteAdded(_) => Vec::new(),
    }
}

fn follow_up(effect: Effect) -> Touch {
    Touch { matter: FOLLOW_UP, which: None, effect }
}

/// At the beginning of a day in UTC: an org's time zone is a fact of another stream, and three days need no hours.
fn notice(valid_until: Date) -> Option<Timestamp> {
    TimeZone::UTC.start_of(valid_until.plus_days(-PROPOSAL_NOTICE_DAYS).ok()?).ok()
}
