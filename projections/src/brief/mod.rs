//! The brief of an org: where it stands, what its sections say now, and what was approved.

mod query;

#[cfg(test)]
mod tests;

use compact_str::CompactString;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use xentri_domain::brief::{AnswerRecorded, BriefEvent, Content, ProposalGenerated, Section, Sections};
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_domain::registry::Event;

use crate::kit::{Document, FoldError, LedgerEvent, NoSum, Projection, row};

pub use query::brief_in_tx;

/// A conversation may be as long as it likes, a row may not.
const ANSWERS_KEPT: usize = 50;

row! {
    /// A brief.
    pub struct BriefRow in "briefs" {
        pub org_id: OrgId,
        pub id: Uuid,
        pub version: i64,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub state: CompactString,
        pub sections: Document,
        pub approved: Option<Document>,
        pub approved_version: Option<i64>,
        pub approved_at: Option<Timestamp>,
        pub proposals: Document,
        pub answers: Document,
        pub answer_count: i64,
    }
}

#[derive(Debug)]
pub struct Briefs;

impl Projection for Briefs {
    const NAME: &'static str = "brief";
    const VERSION: i32 = 1;
    const STREAMS: &'static [&'static str] = &["brief"];
    type Row = BriefRow;
    type Sum = NoSum;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        match event.payload() {
            Event::Brief(_) => vec![event.stream_id()],
            _ => Vec::new(),
        }
    }

    fn fold(_key: Uuid, row: Option<BriefRow>, event: &LedgerEvent) -> Result<Option<BriefRow>, FoldError> {
        match (event.payload(), row) {
            (Event::Brief(BriefEvent::Started(_)), _) => Ok(Some(BriefRow::started(event))),
            (Event::Brief(brief), Some(row)) => Ok(Some(row.after(event, brief))),
            (Event::Brief(_), None) => Err(FoldError::NoRow),
            (_, row) => Ok(row),
        }
    }
}

impl BriefRow {
    fn started(event: &LedgerEvent) -> Self {
        Self {
            org_id: event.org(),
            id: event.stream_id(),
            version: event.version(),
            created_at: event.recorded_at,
            updated_at: event.recorded_at,
            state: "initiated".into(),
            sections: Document(json!({})),
            approved: None,
            approved_version: None,
            approved_at: None,
            proposals: Document(json!([])),
            answers: Document(json!([])),
            answer_count: 0,
        }
    }

    fn after(mut self, event: &LedgerEvent, brief: &BriefEvent) -> Self {
        self.version = event.version();
        self.updated_at = event.recorded_at;
        match brief {
            BriefEvent::Started(_) => {}
            BriefEvent::AnswerRecorded(recorded) => self.answered(event, recorded),
            BriefEvent::DraftingStarted(_) => self.is("drafting"),
            BriefEvent::DraftGenerated(draft) => {
                self.is("review_pending");
                fill_all(&mut self.sections, &draft.sections);
            }
            BriefEvent::ChangesRequested(_) | BriefEvent::RevisionStarted(_) => self.is("editing"),
            BriefEvent::SectionEdited(edited) => fill(&mut self.sections, edited.section, &edited.content),
            BriefEvent::Resubmitted(_) => self.is("review_pending"),
            BriefEvent::Created(created) => self.approved(event, &created.sections),
            BriefEvent::Updated(updated) => self.approved(event, &updated.sections),
            BriefEvent::ProposalGenerated(generated) => self.proposed(event, generated),
            BriefEvent::ProposalAccepted(accepted) => {
                fill(&mut self.sections, accepted.section, &accepted.content);
                self.no_proposal(accepted.section);
            }
            BriefEvent::ProposalRejected(rejected) => self.no_proposal(rejected.section),
        }
        self
    }

    fn is(&mut self, state: &str) {
        self.state = state.into();
    }

    fn answered(&mut self, event: &LedgerEvent, recorded: &AnswerRecorded) {
        self.is("conversing");
        self.answer_count += 1;
        let Value::Array(answers) = &mut self.answers.0 else { return };
        answers.push(json!({
            "question": recorded.question,
            "answer": recorded.answer,
            "recorded_at": event.recorded_at,
        }));
        let over = answers.len().saturating_sub(ANSWERS_KEPT);
        answers.drain(..over);
    }

    /// An approval names the sections that differ from the one before, the first names them all.
    fn approved(&mut self, event: &LedgerEvent, changed: &Sections) {
        self.is("approved");
        fill_all(&mut self.sections, changed);
        fill_all(self.approved.get_or_insert_with(|| Document(json!({}))), changed);
        self.approved_version = Some(event.version());
        self.approved_at = Some(event.recorded_at);
    }

    fn proposed(&mut self, event: &LedgerEvent, generated: &ProposalGenerated) {
        // The one before has expired.
        self.no_proposal(generated.section);
        let Value::Array(proposals) = &mut self.proposals.0 else { return };
        proposals.push(json!({
            "id": generated.proposal_id,
            "section": generated.section,
            "content": generated.content,
            "agent": generated.agent,
            "proposed_at": event.recorded_at,
            "expires_at": generated.expires_at,
        }));
    }

    fn no_proposal(&mut self, section: Section) {
        let Value::Array(proposals) = &mut self.proposals.0 else { return };
        proposals.retain(|proposal| proposal["section"] != section.as_str());
    }
}

fn fill_all(sections: &mut Document, others: &Sections) {
    for (section, content) in others.iter() {
        fill(sections, section, content);
    }
}

fn fill(sections: &mut Document, section: Section, content: &Content) {
    let Value::Object(sections) = &mut sections.0 else { return };
    let sections: &mut Map<String, Value> = sections;
    sections.insert(section.as_str().to_owned(), content.as_str().into());
}
