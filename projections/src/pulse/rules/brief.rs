//! What of the strategy deserves attention.

use xentri_domain::brief::{BriefEvent, Section};
use xentri_domain::kernel::Scope;

use super::super::argument::Argument;
use super::super::rule::{Finding, Module, Promotion, Rule, Touch, When};

const DRAFTING: &str = "drafting";
const REVIEW: &str = "review";
const EDITING: &str = "editing";
const APPROVAL: &str = "approval";
const PROPOSAL: &str = "proposal";

const READY: Rule = Rule { name: "brief_ready_to_draft", matter: DRAFTING, importance: 3, ..Rule::TASK };

const TO_REVIEW: Rule = Rule {
    name: "brief_to_review",
    matter: REVIEW,
    importance: 2,
    promotions: &[
        Promotion { when: When::Always, importance: 2 },
        Promotion { when: When::Always, importance: 2 },
        Promotion { when: When::Always, importance: 3 },
    ],
    ..Rule::TASK
};

const CHANGES_REQUESTED: Rule =
    Rule { name: "brief_changes_requested", matter: EDITING, importance: 2, ..Rule::TASK };

const REVISION: Rule = Rule { name: "brief_revision_started", matter: EDITING, importance: 4, ..Rule::TASK };

const APPROVED: Rule = Rule {
    name: "brief_approved",
    matter: APPROVAL,
    importance: 2,
    expires_after_days: Some(30),
    promotions: &[
        Promotion { when: When::Always, importance: 2 },
        Promotion { when: When::Always, importance: 2 },
        Promotion { when: When::Always, importance: 1 },
    ],
    ..Rule::NEWS
};

const CHANGED: Rule = Rule {
    name: "brief_updated",
    matter: APPROVAL,
    importance: 3,
    expires_after_days: Some(14),
    promotions: &[
        Promotion { when: When::Always, importance: 3 },
        Promotion { when: When::Always, importance: 3 },
        Promotion { when: When::Always, importance: 3 },
    ],
    ..Rule::NEWS
};

const PROPOSED: Rule = Rule {
    name: "brief_section_proposed",
    matter: PROPOSAL,
    importance: 2,
    promotions: &[Promotion { when: When::Always, importance: 3 }],
    ..Rule::TASK
};

pub(super) const MODULE: Module = Module {
    scope: Scope::BRIEF,
    rules: &[&READY, &TO_REVIEW, &CHANGES_REQUESTED, &REVISION, &APPROVED, &CHANGED, &PROPOSED],
};

pub(super) fn touches(event: &BriefEvent) -> Vec<Touch> {
    let find = |rule| Finding::of(rule).at("/strategy/brief");
    match event {
        BriefEvent::DraftingStarted(_) => vec![Touch::becomes(find(&READY))],
        BriefEvent::DraftGenerated(_) => vec![Touch::ends(DRAFTING), Touch::becomes(find(&TO_REVIEW))],
        BriefEvent::Resubmitted(_) => vec![Touch::ends(EDITING), Touch::becomes(find(&TO_REVIEW))],
        BriefEvent::ChangesRequested(_) => {
            vec![Touch::ends(REVIEW), Touch::becomes(find(&CHANGES_REQUESTED))]
        }
        BriefEvent::RevisionStarted(_) => vec![Touch::becomes(find(&REVISION))],
        BriefEvent::Created(_) => vec![Touch::ends(REVIEW), Touch::becomes(find(&APPROVED))],
        // A revision that ended where it began is no news.
        BriefEvent::Updated(updated) if updated.sections.is_empty() => vec![Touch::ends(REVIEW)],
        BriefEvent::Updated(updated) => {
            let sections = i64::try_from(updated.sections.iter().count()).unwrap_or(i64::MAX);
            let found = find(&CHANGED).with("sections", Argument::Count(sections));
            vec![Touch::ends(REVIEW), Touch::becomes(found)]
        }
        BriefEvent::ProposalGenerated(proposal) => {
            let found = find(&PROPOSED)
                .with("section", Argument::Word(format!("section.{}", proposal.section)))
                .with("expires_at", Argument::Moment(proposal.expires_at))
                .expires_at(proposal.expires_at);
            vec![Touch::becomes(found).of(proposal.section.as_str())]
        }
        BriefEvent::ProposalAccepted(accepted) => vec![decided(accepted.section)],
        BriefEvent::ProposalRejected(rejected) => vec![decided(rejected.section)],
        BriefEvent::Started(_) | BriefEvent::AnswerRecorded(_) | BriefEvent::SectionEdited(_) => Vec::new(),
    }
}

/// A section has at most one open proposal.
fn decided(section: Section) -> Touch {
    Touch::ends(PROPOSAL).of(section.as_str())
}
