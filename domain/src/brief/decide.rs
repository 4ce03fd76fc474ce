//! Decisions on a brief.

use super::{
    AcceptProposal, AnswerRecorded, Brief, BriefCommand, BriefError, ChangesRequested, Created,
    DraftGenerated, DraftingStarted, EditSection, Proposal, ProposalAccepted, ProposalGenerated,
    ProposalRejected, ProposeSection, RejectProposal, Resubmitted, RevisionStarted, Section, SectionEdited,
    Started, Status, SubmitDraft, Updated,
};
use crate::aggregate::{Aggregate, CommandSet, Decision, Facts, Halt};
use crate::kernel::{Denied, Permission, ProposalId, Timestamp};

/// Proposals have something to start from once the first question is answered.
const TALKED_ABOUT: &[Status] =
    &[Status::Conversing, Status::Drafting, Status::ReviewPending, Status::Editing, Status::Approved];

type Decided = Result<Decision<Brief>, Halt<BriefError>>;

impl Aggregate for Brief {
    type Command = BriefCommand;
    type Error = BriefError;

    fn decide(&self, command: BriefCommand, facts: &Facts) -> Decided {
        self.require_state_for(&command, facts)?;
        match command {
            BriefCommand::Start(_) => Ok(Decision::event(Started {})),
            BriefCommand::RecordAnswer(recorded) => {
                Ok(Decision::event(AnswerRecorded { question: recorded.question, answer: recorded.answer }))
            }
            BriefCommand::ConfirmReady(_) => Ok(Decision::event(DraftingStarted {})),
            BriefCommand::SubmitDraft(draft) => drafted(draft),
            BriefCommand::RequestChanges(request) => {
                Ok(Decision::event(ChangesRequested { note: request.note }))
            }
            BriefCommand::EditSection(edit) => Ok(self.edit_section(edit)),
            BriefCommand::Resubmit(_) => Ok(Decision::event(Resubmitted {})),
            BriefCommand::Approve(_) => self.decide_approval(facts),
            BriefCommand::Revise(_) => Ok(Decision::event(RevisionStarted {})),
            BriefCommand::ProposeSection(proposal) => self.propose_section(proposal, facts),
            BriefCommand::AcceptProposal(accept) => self.accept_proposal(&accept, facts),
            BriefCommand::RejectProposal(reject) => self.reject_proposal(reject, facts),
        }
    }
}

impl Brief {
    fn require_state_for(&self, command: &BriefCommand, facts: &Facts) -> Result<(), BriefError> {
        let (id, status) = (facts.stream, self.status);
        let allowed: &[Status] = match command {
            BriefCommand::Start(_) => &[Status::Absent],
            BriefCommand::RecordAnswer(_) => &[Status::Initiated, Status::Conversing],
            BriefCommand::ConfirmReady(_) => &[Status::Conversing],
            BriefCommand::SubmitDraft(_) => &[Status::Drafting],
            BriefCommand::RequestChanges(_) | BriefCommand::Approve(_) => &[Status::ReviewPending],
            BriefCommand::EditSection(_) | BriefCommand::Resubmit(_) => &[Status::Editing],
            BriefCommand::Revise(_) => &[Status::Approved],
            BriefCommand::ProposeSection(_)
            | BriefCommand::AcceptProposal(_)
            | BriefCommand::RejectProposal(_) => TALKED_ABOUT,
        };
        if allowed.contains(&status) {
            Ok(())
        } else if status == Status::Absent {
            Err(BriefError::NotFound { id })
        } else if matches!(command, BriefCommand::Start(_)) {
            Err(BriefError::AlreadyExists { id })
        } else {
            Err(BriefError::IllegalTransition { id, status, command: command.kind().name })
        }
    }

    fn edit_section(&self, edit: EditSection) -> Decision<Self> {
        let EditSection { section, content } = edit;
        if self.sections.get(section) == Some(&content) {
            return Decision::nothing();
        }
        Decision::event(SectionEdited { section, content })
    }

    fn decide_approval(&self, facts: &Facts) -> Decided {
        let missing = self.sections.missing();
        if !missing.is_empty() {
            return Err(BriefError::SectionsMissing { id: facts.stream, missing }.into());
        }
        Ok(match &self.approved {
            None => Decision::event(Created { sections: self.sections.clone() }),
            Some(approved) => Decision::event(Updated { sections: self.sections.changed_since(approved) }),
        })
    }

    fn propose_section(&self, propose: ProposeSection, facts: &Facts) -> Decided {
        let ProposeSection { section, content, agent, expires_in } = propose;
        if let Some(open) = self.proposals.get(&section).filter(|proposal| proposal.is_open(facts.now)) {
            return Err(BriefError::ProposalOpen { id: facts.stream, section, proposal: open.id }.into());
        }
        Ok(Decision::event(ProposalGenerated {
            proposal_id: facts.fresh.into(),
            section,
            content,
            agent,
            // Nothing expires after the last moment that can be written.
            expires_at: facts.now.plus(expires_in.duration()).unwrap_or(Timestamp::MAX),
        }))
    }

    fn accept_proposal(&self, accept: &AcceptProposal, facts: &Facts) -> Decided {
        let (section, proposal) = self.open_proposal(accept.proposal_id, facts)?;
        let content = proposal.content.clone();
        let changes = self.sections.get(section) != Some(&content);
        let accepted =
            Decision::event(ProposalAccepted { proposal_id: proposal.id, section, content: content.clone() });
        if self.status != Status::Approved {
            return Ok(accepted);
        }
        if changes {
            Self::require_approver(facts)?;
        }
        let approved_anew = changes.then_some((section, content));
        Ok(accepted.and(Updated { sections: approved_anew.into_iter().collect() }))
    }

    /// What was approved changes only by somebody who could have approved it.
    fn require_approver(facts: &Facts) -> Result<(), BriefError> {
        let needed = Permission::STRATEGY_APPROVE;
        let denied =
            |denied: Denied| BriefError::NeedsApprover { id: facts.stream, permission: denied.permission };
        facts.principal.require(needed).map_err(denied)
    }

    fn reject_proposal(&self, reject: RejectProposal, facts: &Facts) -> Decided {
        let (section, proposal) = self.open_proposal(reject.proposal_id, facts)?;
        Ok(Decision::event(ProposalRejected { proposal_id: proposal.id, section, reason: reject.reason }))
    }

    fn open_proposal(&self, wanted: ProposalId, facts: &Facts) -> Result<(Section, &Proposal), BriefError> {
        let id = facts.stream;
        match self.proposals.iter().find(|(_, proposal)| proposal.id == wanted) {
            None => Err(BriefError::ProposalNotOpen { id, proposal: wanted }),
            Some((section, proposal)) if proposal.is_open(facts.now) => Ok((*section, proposal)),
            Some((_, expired)) => {
                Err(BriefError::ProposalExpired { id, proposal: wanted, at: expired.expires_at })
            }
        }
    }
}

fn drafted(draft: SubmitDraft) -> Decided {
    if draft.sections.is_empty() {
        return Err(BriefError::EmptyDraft.into());
    }
    Ok(Decision::event(DraftGenerated { sections: draft.sections }))
}
