//! Why a command to a brief is refused.

use std::borrow::Cow;

use thiserror::Error;

use super::{Section, Status};
use crate::aggregate::{Refusal, RefusalKind};
use crate::kernel::{Coded, Permission, ProposalId, StreamId, Timestamp};

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

impl Coded for BriefError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::AlreadyExists { .. } => "already_exists",
            Self::IllegalTransition { .. } => "illegal_transition",
            Self::SectionsMissing { .. } => "sections_missing",
            Self::NeedsApprover { .. } => "not_allowed",
            Self::EmptyDraft => "empty_draft",
            Self::ProposalOpen { .. } => "proposal_open",
            Self::ProposalExpired { .. } => "proposal_expired",
            Self::ProposalNotOpen { .. } => "proposal_not_open",
        }
    }
}

impl Refusal for BriefError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound { .. } => RefusalKind::NotFound,
            Self::AlreadyExists { .. } => RefusalKind::AlreadyExists,
            Self::IllegalTransition { .. }
            | Self::SectionsMissing { .. }
            | Self::ProposalExpired { .. }
            | Self::ProposalNotOpen { .. } => RefusalKind::IllegalTransition,
            Self::ProposalOpen { .. } => RefusalKind::Taken,
            Self::NeedsApprover { .. } => RefusalKind::NotAllowed,
            Self::EmptyDraft => RefusalKind::Invalid,
        }
    }

    fn pointer(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::EmptyDraft => Some("/sections".into()),
            Self::ProposalOpen { .. } => Some("/section".into()),
            Self::ProposalExpired { .. } | Self::ProposalNotOpen { .. } => Some("/proposal_id".into()),
            _ => None,
        }
    }
}

fn names(sections: &[Section]) -> String {
    sections.iter().map(|section| section.as_str()).collect::<Vec<_>>().join(", ")
}
