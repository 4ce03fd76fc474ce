//! Commands on leads, as they look when they have been decided.

use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{EventId, LeadId, OrgId, Principal, StreamId};
use xentri_domain::registry::{Command, Event, command_kinds};
use xentri_ledger::{Authorized, Chain, CommandRecord, EventRecord, Home};
use xentri_schemas::{Envelope, Environment, Meta};

/// A lead of one org, by whoever works on it.
pub(crate) struct Lead {
    pub(crate) home: Home,
    pub(crate) id: LeadId,
    pub(crate) by: Principal,
}

impl Lead {
    pub(crate) fn new(home: Home) -> Self {
        Self { home, id: LeadId::try_from(Uuid::now_v7()).unwrap(), by: super::owner(home) }
    }

    pub(crate) fn stream(&self) -> StreamRef {
        StreamRef { stream_type: "lead", id: self.id.into() }
    }

    /// A chain of one command with these events, expected right after `version`.
    pub(crate) fn chain(&self, version: u32, events: Vec<EventRecord>) -> Chain {
        self.chain_of(version, CommandRecord { events, ..CommandRecord::default() })
    }

    pub(crate) fn chain_of(&self, version: u32, record: CommandRecord) -> Chain {
        let mut chain = Chain::new(self.home);
        chain.push(&authorized(&self.by), [(self.stream(), version)], record).unwrap();
        chain
    }
}

/// The lead's first event.
pub(crate) fn created(lead: &Lead) -> EventRecord {
    let payload = json!({ "name": { "$p": "AQIDBAUGBwgJCgsMDQ4PEA" }, "company": "Analytical Engines", "source": "form" });
    let id = lead.id.into();
    let envelope = envelope(lead.home.org(), id, 1, "lead.capture", payload, "xentri.lead.created.v1");
    EventRecord::of(&envelope).unwrap()
}

/// A note, as the event at `version`.
pub(crate) fn noted(lead: &Lead, version: u32) -> EventRecord {
    let payload = json!({ "note": { "$p": "AQIDBAUGBwgJCgsMDQ4PEA" } });
    let id = lead.id.into();
    let envelope =
        envelope(lead.home.org(), id, version, "lead.add-note", payload, "xentri.lead.note_added.v1");
    EventRecord::of(&envelope).unwrap()
}

/// Another company, as the event at `version`.
pub(crate) fn updated(lead: &Lead, version: u32, company: &str) -> EventRecord {
    let payload = json!({ "company": company });
    let id = lead.id.into();
    let envelope =
        envelope(lead.home.org(), id, version, "lead.update-details", payload, "xentri.lead.updated.v1");
    EventRecord::of(&envelope).unwrap()
}

pub(crate) fn envelope(
    org: OrgId,
    stream_id: StreamId,
    version: u32,
    command: &str,
    payload: Value,
    type_name: &str,
) -> Envelope {
    Envelope {
        id: EventId::try_from(Uuid::now_v7()).unwrap(),
        occurred_at: "2026-03-02T12:00:00.000000Z".parse().unwrap(),
        org_id: org,
        actor: xentri_testkit::factory::system(org).actor().clone(),
        payload: Event::read_payload(type_name, payload).unwrap().unwrap(),
        dedupe_key: None,
        correlation_id: None,
        causation_id: None,
        trace_id: None,
        meta: Meta {
            source: "api".parse().unwrap(),
            environment: Environment::Local,
            command: command.parse().unwrap(),
            reason: None,
            on_behalf_of: None,
        },
        stream_id,
        version: version.into(),
    }
}

pub(crate) fn authorized(by: &Principal) -> Authorized {
    let kind = command_kinds().find(|kind| kind.stream_type == "lead" && kind.name == "capture").unwrap();
    let body = json!({ "name": "Ada", "source": "form" });
    Authorized::to_give(&Command::read(kind, body).unwrap().unwrap(), by).unwrap()
}
