//! Why a command to a brief is refused.

use thiserror::Error;

use super::{Section, Status};
use crate::aggregate::refusals;
use crate::kernel::{Permission, ProposalId, StreamId, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BriefError {
    #[error("brief {id} has not been started")]
    NotFound { id: StreamId },
    #[error("brief {id} has been started already")]
    AlreadyExists { id: StreamId },
    #[error("brief {id} is {status}, which does not allow {command}")]
    IllegalTransition { id: StreamId, status: Status, command: &'static str },
    #[error("brief {id} can't be approved while these are empty: {}", names(.missing))]
    SectionsMissing { id: StreamId, missing: Vec<Section> },
    #[error("brief {id} is approved, and changing it needs the permission {permission}")]
    NeedsApprover { id: StreamId, permission: Permission },
    #[error("a draft fills at least one section")]
    EmptyDraft,
    #[error("the {section} of brief {id} has an open proposal: {proposal}")]
    ProposalOpen { id: StreamId, section: Section, proposal: ProposalId },
    #[error("proposal {proposal} of brief {id} expired at {at}")]
    ProposalExpired { id: StreamId, proposal: ProposalId, at: Timestamp },
    /// Accepted, rejected, expired and followed by another, or never there.
    #[error("brief {id} has no open proposal {proposal}")]
    ProposalNotOpen { id: StreamId, proposal: ProposalId },
}

refusals! {
    BriefError;
    NotFound NotFound "not_found";
    AlreadyExists AlreadyExists "already_exists";
    IllegalTransition IllegalTransition "illegal_transition";
    SectionsMissing IllegalTransition "sections_missing";
    NeedsApprover NotAllowed "forbidden";
    EmptyDraft Invalid "empty_draft" at "/sections";
    ProposalOpen Taken "proposal_open" at "/section";
    ProposalExpired IllegalTransition "proposal_expired" at "/proposal_id";
    ProposalNotOpen IllegalTransition "proposal_not_open" at "/proposal_id";
}

fn names(sections: &[Section]) -> String {
    sections.iter().map(|section| section.as_str()).collect::<Vec<_>>().join(", ")
}
