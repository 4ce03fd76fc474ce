//! Decisions on a lead.

use super::{
    AddNote, Assign, Assigned, Capture, CompleteFollowUp, Contacted, Created, Disqualified,
    FollowUpCompleted, FollowUpScheduled, Lead, LeadCommand, LeadError, LogContact, Lost, NoteAdded,
    ProposalSent, Qualified, ScheduleFollowUp, SendProposal, Status, UpdateDetails, Updated, Win, Won,
};
use crate::aggregate::{Aggregate, CommandSet, Decision, Facts, Halt};
use crate::kernel::{Money, PersonalInput};

/// More than anybody keeps in mind; a bound, because the state holds them all.
const MOST_FOLLOW_UPS: usize = 50;

const ANY: &[Status] = &[
    Status::New,
    Status::Contacted,
    Status::Qualified,
    Status::Proposal,
    Status::Won,
    Status::Lost,
    Status::Disqualified,
];
const NOT_FINAL: &[Status] = &[Status::New, Status::Contacted, Status::Qualified, Status::Proposal];
const NOT_FINAL_OR_WON: &[Status] =
    &[Status::New, Status::Contacted, Status::Qualified, Status::Proposal, Status::Won];

type Decided = Result<Decision<Lead>, Halt<LeadError>>;

impl Aggregate for Lead {
    type Command = LeadCommand;
    type Error = LeadError;

    fn decide(&self, command: LeadCommand, facts: &Facts) -> Decided {
        self.require_state_for(&command, facts)?;
        match command {
            LeadCommand::Capture(capture) => captured(capture),
            LeadCommand::UpdateDetails(update) => self.update_details(update),
            LeadCommand::Assign(Assign { owner }) if self.owner == Some(owner) => Ok(Decision::nothing()),
            LeadCommand::Assign(Assign { owner }) => Ok(Decision::event(Assigned { owner })),
            LeadCommand::AddNote(AddNote { note }) => {
                Ok(Decision::event(NoteAdded { note: note.into_personal() }))
            }
            LeadCommand::LogContact(contact) => contacted(contact, facts),
            LeadCommand::Qualify(qualify) => {
                Ok(Decision::event(Qualified { score: qualify.score, reason: qualify.reason }))
            }
            LeadCommand::Disqualify(disqualify) => {
                Ok(Decision::event(Disqualified { reason: disqualify.reason }))
            }
            LeadCommand::SendProposal(proposal) => proposed(&proposal, facts),
            LeadCommand::Win(win) => self.win(&win),
            LeadCommand::Lose(lose) => Ok(Decision::event(Lost { reason: lose.reason })),
            LeadCommand::ScheduleFollowUp(follow_up) => self.schedule_follow_up(follow_up, facts),
            LeadCommand::CompleteFollowUp(done) => self.complete_follow_up(&done, facts),
        }
    }
}

impl Lead {
    fn require_state_for(&self, command: &LeadCommand, facts: &Facts) -> Result<(), LeadError> {
        let (id, status) = (facts.stream, self.status);
        let allowed = match command {
            LeadCommand::Capture(_) => &[Status::Absent],
            LeadCommand::AddNote(_) => ANY,
            LeadCommand::UpdateDetails(_) | LeadCommand::Assign(_) | LeadCommand::LogContact(_) => NOT_FINAL,
            LeadCommand::Qualify(_) => &[Status::Contacted],
            LeadCommand::Disqualify(_) => &[Status::New, Status::Contacted, Status::Qualified],
            LeadCommand::SendProposal(_) | LeadCommand::Lose(_) => &[Status::Qualified, Status::Proposal],
            LeadCommand::Win(_) => &[Status::Proposal],
            LeadCommand::ScheduleFollowUp(_) | LeadCommand::CompleteFollowUp(_) => NOT_FINAL_OR_WON,
        };
        if allowed.contains(&status) {
            Ok(())
        } else if status == Status::Absent {
            Err(LeadError::NotFound { id })
        } else if matches!(command, LeadCommand::Capture(_)) {
            Err(LeadError::AlreadyExists { id })
        } else {
            Err(LeadError::IllegalTransition { id, status, command: command.kind().name })
        }
    }

    fn update_details(&self, update: UpdateDetails) -> Decided {
        if let crate::kernel::Change::Set(value) = update.value {
            require_positive(value, "/value")?;
        }
        let updated = Updated {
            name: update
                .name
                .map(PersonalInput::into_personal)
                .filter(|name| self.name.as_ref() != Some(name)),
            email: update.email.map(PersonalInput::into_personal).against(self.email.as_ref()),
            phone: update.phone.map(PersonalInput::into_personal).against(self.phone.as_ref()),
            company: update.company.against(self.company.as_ref()),
            value: update.value.against(self.value.as_ref()),
        };
        if updated == Updated::default() {
            return Ok(Decision::nothing());
        }
        Ok(Decision::event(updated))
    }

    fn win(&self, win: &Win) -> Decided {
        require_positive(win.amount, "/amount")?;
        let (proposed, given) =
            (self.proposal.as_ref().map(|it| it.amount.currency()), win.amount.currency());
        if let Some(expected) = proposed.filter(|expected| *expected != given) {
            return Err(LeadError::CurrencyMismatch { expected, given }.into());
        }
        Ok(Decision::event(Won { amount: win.amount }))
    }

    fn schedule_follow_up(&self, follow_up: ScheduleFollowUp, facts: &Facts) -> Decided {
        if follow_up.due_at <= facts.now {
            return Err(LeadError::InThePast { pointer: "/due_at" }.into());
        }
        let open = self.follow_ups.len();
        if open >= MOST_FOLLOW_UPS {
            return Err(LeadError::TooManyFollowUps { id: facts.stream, open }.into());
        }
        Ok(Decision::event(FollowUpScheduled {
            follow_up_id: facts.fresh,
            due_at: follow_up.due_at,
            note: follow_up.note.map(PersonalInput::into_personal),
        }))
    }

    fn complete_follow_up(&self, done: &CompleteFollowUp, facts: &Facts) -> Decided {
        let id = facts.stream;
        let follow_up_id = match (done.follow_up_id, self.follow_ups.as_slice()) {
            (None, [only]) => only.id,
            (None, []) => return Err(LeadError::NoFollowUp { id }.into()),
            (None, several) => return Err(LeadError::WhichFollowUp { id, open: several.len() }.into()),
            (Some(wanted), open) if open.iter().any(|follow_up| follow_up.id == wanted) => wanted,
            (Some(follow_up), _) => return Err(LeadError::NoSuchFollowUp { id, follow_up }.into()),
        };
        Ok(Decision::event(FollowUpCompleted { follow_up_id }))
    }
}

fn captured(capture: Capture) -> Decided {
    if let Some(value) = capture.value {
        require_positive(value, "/value")?;
    }
    Ok(Decision::event(Created {
        name: capture.name.into_personal(),
        email: capture.email.map(PersonalInput::into_personal),
        phone: capture.phone.map(PersonalInput::into_personal),
        company: capture.company,
        source: capture.source,
        value: capture.value,
        note: capture.note.map(PersonalInput::into_personal),
    }))
}

fn contacted(contact: LogContact, facts: &Facts) -> Decided {
    let at = contact.at.unwrap_or(facts.now);
    if facts.is_ahead(at) {
        return Err(LeadError::InTheFuture { pointer: "/at" }.into());
    }
    Ok(Decision::event(Contacted {
        channel: contact.channel,
        note: contact.note.map(PersonalInput::into_personal),
        at,
    }))
}

fn proposed(proposal: &SendProposal, facts: &Facts) -> Decided {
    require_positive(proposal.amount, "/amount")?;
    if proposal.valid_until < facts.today()? {
        return Err(LeadError::InThePast { pointer: "/valid_until" }.into());
    }
    Ok(Decision::event(ProposalSent { amount: proposal.amount, valid_until: proposal.valid_until }))
}

fn require_positive(money: Money, pointer: &'static str) -> Result<(), LeadError> {
    if money.is_positive() { Ok(()) } else { Err(LeadError::NotPositive { pointer }) }
}
