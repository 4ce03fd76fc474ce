//! Leads as lists and pages show them, and the pipeline: how many in which state, worth how much.

mod query;

#[cfg(test)]
mod tests;

use std::fmt::Display;

use compact_str::{CompactString, ToCompactString as _};
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::kernel::{Change, Date, Money, OrgId, Personal, Timestamp, UserId};
use xentri_domain::lead::{Created, FollowUpId, FollowUpScheduled, LeadEvent, Source, Updated};
use xentri_domain::registry::Event;

use crate::kit::{
    Document, FoldError, LedgerEvent, Projection, Row as _, forgotten_streams, lower_case, row, shown,
    sum_id, sums,
};

pub use query::{
    LeadFilter, LeadOrder, lead_count_in_tx, lead_in_tx, leads_by_id_in_tx, leads_in_tx, pipeline_in_tx,
};

row! {
    /// A lead.
    pub struct LeadRow in "leads" personal name, email, phone, search {
        pub org_id: OrgId,
        pub id: Uuid,
        pub version: i64,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub state: CompactString,
        pub source: CompactString,
        pub name: Option<CompactString>,
        pub email: Option<CompactString>,
        pub phone: Option<CompactString>,
        pub company: Option<CompactString>,
        pub search: CompactString,
        pub forgotten: bool,
        pub value_amount: Option<i64>,
        pub value_currency: Option<CompactString>,
        pub owner: Option<UserId>,
        pub score: Option<i32>,
        pub proposal_until: Option<Date>,
        pub follow_ups: Document,
    }
}

row! {
    /// All leads of a state, with values in one currency or without any.
    pub struct PipelineRow in "pipeline" {
        pub org_id: OrgId,
        pub id: Uuid,
        pub state: CompactString,
        pub currency: CompactString,
        pub leads: i64,
        pub amount: i64,
    }
}
sums!(PipelineRow: leads, amount);

#[derive(Debug)]
pub struct Leads;

impl Projection for Leads {
    const NAME: &'static str = "leads";
    const VERSION: i32 = 1;
    const STREAMS: &'static [&'static str] = &["lead", "subject"];
    type Row = LeadRow;
    type Sum = PipelineRow;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        match event.payload() {
            Event::Lead(_) => vec![event.stream_id()],
            _ => forgotten_streams(event, "lead"),
        }
    }

    fn fold(_key: Uuid, row: Option<LeadRow>, event: &LedgerEvent) -> Result<Option<LeadRow>, FoldError> {
        let row = match (event.payload(), row) {
            (Event::Lead(LeadEvent::Created(created)), _) => LeadRow::of(event, created),
            (Event::Lead(lead), Some(row)) => row.after(event, lead),
            (Event::Subject(_), Some(row)) => row.without_person(),
            (Event::Lead(_), None) => return Err(FoldError::NoRow),
            (_, row) => return Ok(row),
        };
        Ok(Some(row))
    }

    fn sums(row: &LeadRow) -> Vec<PipelineRow> {
        let currency = row.value_currency.clone().unwrap_or_default();
        vec![PipelineRow {
            org_id: row.org_id,
            id: sum_id(row.org_id, PipelineRow::TABLE, &[&row.state, &currency]),
            state: row.state.clone(),
            currency,
            leads: 1,
            amount: row.value_amount.unwrap_or_default(),
        }]
    }
}

impl LeadRow {
    fn of(event: &LedgerEvent, created: &Created) -> Self {
        let mut row = Self {
            org_id: event.org(),
            id: event.stream_id(),
            version: event.version(),
            created_at: event.recorded_at,
            updated_at: event.recorded_at,
            state: "new".into(),
            source: word(created.source).into(),
            name: shown(&created.name),
            email: created.email.as_ref().and_then(shown),
            phone: created.phone.as_ref().and_then(shown),
            company: created.company.as_ref().map(|company| company.to_compact_string()),
            search: CompactString::default(),
            forgotten: created.name.is_forgotten(),
            value_amount: None,
            value_currency: None,
            owner: None,
            score: None,
            proposal_until: None,
            follow_ups: Document(json!([])),
        };
        row.worth(created.value);
        row.found_by();
        row
    }

    fn after(mut self, event: &LedgerEvent, lead: &LeadEvent) -> Self {
        self.version = event.version();
        self.updated_at = event.recorded_at;
        match lead {
            LeadEvent::Updated(updated) => self.update(updated),
            LeadEvent::Assigned(assigned) => self.owner = Some(assigned.owner),
            LeadEvent::Contacted(_) if self.state == "new" => self.is("contacted"),
            LeadEvent::Created(_) | LeadEvent::NoteAdded(_) | LeadEvent::Contacted(_) => {}
            LeadEvent::Qualified(qualified) => {
                self.is("qualified");
                self.score = Some(qualified.score.get().into());
            }
            LeadEvent::Disqualified(_) => self.given_up("disqualified"),
            LeadEvent::ProposalSent(sent) => {
                self.is("proposal");
                self.worth(Some(sent.amount));
                self.proposal_until = Some(sent.valid_until);
            }
            LeadEvent::Won(won) => {
                self.is("won");
                self.worth(Some(won.amount));
            }
            LeadEvent::Lost(_) => self.given_up("lost"),
            LeadEvent::FollowUpScheduled(scheduled) => self.follow_up(scheduled),
            LeadEvent::FollowUpCompleted(completed) => self.followed_up(completed.follow_up_id),
        }
        self
    }

    fn update(&mut self, updated: &Updated) {
        if let Some(name) = &updated.name {
            self.name = shown(name);
        }
        personal(&updated.email, &mut self.email);
        personal(&updated.phone, &mut self.phone);
        match &updated.company {
            Change::Keep => {}
            Change::Clear => self.company = None,
            Change::Set(company) => self.company = Some(company.to_compact_string()),
        }
        match updated.value {
            Change::Keep => {}
            Change::Clear => self.worth(None),
            Change::Set(value) => self.worth(Some(value)),
        }
        self.found_by();
    }

    fn is(&mut self, state: &str) {
        self.state = state.into();
    }

    fn worth(&mut self, value: Option<Money>) {
        self.value_amount = value.map(Money::amount);
        self.value_currency = value.map(|value| value.currency().to_compact_string());
    }

    /// Nobody comes back to a lead that is given up.
    fn given_up(&mut self, state: &str) {
        self.is(state);
        self.follow_ups = Document(json!([]));
    }

    fn follow_up(&mut self, scheduled: &FollowUpScheduled) {
        let Value::Array(open) = &mut self.follow_ups.0 else { return };
        open.push(json!({ "id": scheduled.follow_up_id, "due_at": scheduled.due_at }));
        open.sort_by(|one, other| one["due_at"].as_str().cmp(&other["due_at"].as_str()));
    }

    fn followed_up(&mut self, id: FollowUpId) {
        let Value::Array(open) = &mut self.follow_ups.0 else { return };
        open.retain(|one| one["id"] != json!(id));
    }

    fn without_person(mut self) -> Self {
        (self.name, self.email, self.phone) = (None, None, None);
        self.forgotten = true;
        self.found_by();
        self
    }

    /// Each time one of the two changes.
    fn found_by(&mut self) {
        let text = self.name.as_ref().or(self.company.as_ref());
        self.search = text.map(|text| lower_case(text)).unwrap_or_default();
    }
}

fn personal<T: Display>(change: &Change<Personal<T>>, current: &mut Option<CompactString>) {
    match change {
        Change::Keep => {}
        Change::Clear => *current = None,
        Change::Set(value) => *current = shown(value),
    }
}

fn word(source: Source) -> &'static str {
    match source {
        Source::Form => "form",
        Source::Import => "import",
        Source::Manual => "manual",
    }
}
