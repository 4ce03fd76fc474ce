//! The commands of one org, as they leave a decision.

use anyhow::anyhow;
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{Actor, EventId, Principal, Role, StreamId, SubjectId, Timestamp, UserId};
use xentri_domain::lead::Lead;
use xentri_domain::org::Org;
use xentri_domain::registry::{self, Event, command_kinds};
use xentri_ledger::{
    Authorized, Chain, CommandRecord, EventRecord, FieldContext, Home, NewOrg, NewSubject, OrgKey,
    OrgSettings, ReceiptRecord, SubjectKey, seal_fields,
};
use xentri_schemas::{Envelope, Environment, Meta};

use super::ready::Ready;
use crate::contender::Command;

/// As long as what the others store.
const NOTE: &str = "Called the office in the morning and spoke to the head of purchasing, who had read the brochure and \
    liked the second offer better than the first. To be called again on Thursday, not before ten.";

/// An org, its key, and somebody in it.
pub(super) struct Tenant {
    home: Home,
    key: OrgKey,
    by: Principal,
    authorized: Authorized,
    /// The same for every lead: one command follows another at once, and looking a key up is not what is measured.
    person: SubjectKey,
    payloads: Vec<(&'static str, Event)>,
    /// Type and body, by step.
    ready: Vec<(&'static str, Ready)>,
}

/// Which steps of a lead bring data about somebody.
const PERSONAL: [bool; 5] = [true, true, true, false, false];

impl Tenant {
    pub(super) fn new(home: Home) -> anyhow::Result<Self> {
        let by =
            Principal::new(home.org(), Actor::User(UserId::of("https://issuer.test", "ada")), Role::Owner);
        let kind =
            command_kinds().find(|kind| kind.name == "capture").ok_or_else(|| anyhow!("no such command"))?;
        let body = json!({ "name": "Henriette Musterfrau", "source": "form" });
        let command = registry::Command::read(kind, body).ok_or_else(|| anyhow!("no such command"))??;
        let mut tenant = Self {
            home,
            key: OrgKey::random()?,
            authorized: Authorized::to_give(&command, &by)?,
            by,
            person: SubjectKey::random()?,
            payloads: (0..PERSONAL.len()).map(payload).collect::<anyhow::Result<_>>()?,
            ready: Vec::new(),
        };
        for step in 0..PERSONAL.len() {
            let (id, lead) = (new_event()?, StreamId::try_from(Uuid::now_v7())?);
            let envelope = tenant.made(step, id, lead)?;
            let ready = Ready::new(&envelope.write_body()?, id.uuid(), lead.uuid());
            tenant.ready.push((envelope.payload.kind().type_name, ready));
        }
        Ok(tenant)
    }

    /// What makes the org.
    pub(super) fn beginning(&self, settings: &OrgSettings) -> anyhow::Result<Chain> {
        let payload = json!({
            "name": "Bakery", "time_zone": settings.time_zone.as_str(), "currency": settings.currency.as_str(),
            "language": settings.language.as_str(), "invoice_prefix": settings.invoice_prefix.as_str(),
        });
        let payload = read("xentri.org.created.v1", payload)?;
        let stream = StreamRef::of::<Org>(self.home.org());
        let record = EventRecord::of(&self.envelope("org.create", new_event()?, stream.id, 1, payload)?)?;
        let mut chain =
            Chain::new(self.home).making(NewOrg { wrapped: vec![7; 60], master_key: "m-bench".to_owned() });
        chain.push(
            &self.authorized,
            [(stream, 0)],
            CommandRecord { events: vec![record], ..Default::default() },
        )?;
        Ok(chain)
    }

    /// All of it now: ids, sealing, writing, hashing.
    pub(super) fn sealed(&self, command: Command) -> anyhow::Result<Chain> {
        let lead = StreamId::try_from(command.lead)?;
        let envelope = self.made(command.step, new_event()?, lead)?;
        let mac = self.key.receipt_mac(NOTE.as_bytes());
        let wrapped = match command.step {
            0 => Some(self.key.wrap_subject(self.home.org(), lead.into(), &self.person)?),
            _ => None,
        };
        self.chain(command, EventRecord::of(&envelope)?, mac, wrapped)
    }

    /// With an event that was made and sealed before.
    pub(super) fn ready(&self, command: Command) -> anyhow::Result<Chain> {
        let (lead, id) = (StreamRef::of::<Lead>(StreamId::try_from(command.lead)?), new_event()?);
        let (type_name, ready) = &self.ready[command.step];
        let event = EventRecord::from_body(id, type_name, lead, ready.with(id.uuid(), command.lead))?;
        let wrapped = (command.step == 0).then(|| vec![7; 73]);
        self.chain(command, event, [7; 32], wrapped)
    }

    fn chain(
        &self,
        command: Command,
        event: EventRecord,
        mac: [u8; 32],
        wrapped: Option<Vec<u8>>,
    ) -> anyhow::Result<Chain> {
        let stream = StreamRef::of::<Lead>(StreamId::try_from(command.lead)?);
        let before = u32::try_from(command.step)?;
        let id = event.id();
        let answer = format!(r#"{{"id":"{}","version":{},"events":["{id}"]}}"#, stream.id, before + 1);
        let subject = SubjectId::from(stream.id);
        let record = CommandRecord {
            receipt: Some(ReceiptRecord::new(id.to_string().parse()?, mac, answer)?),
            events: vec![event],
            new_subjects: wrapped.into_iter().map(|wrapped| NewSubject { subject, wrapped }).collect(),
            about: if PERSONAL[command.step] { vec![(subject, stream)] } else { Vec::new() },
            forgets: Vec::new(),
        };
        let mut chain = Chain::new(self.home);
        chain.push(&self.authorized, [(stream, before)], record)?;
        Ok(chain)
    }

    /// The event of a lead's command number `step`, sealed.
    fn made(&self, step: usize, id: EventId, lead: StreamId) -> anyhow::Result<Envelope> {
        let (command, payload) = &self.payloads[step];
        let version = u64::try_from(step)? + 1;
        let mut envelope = self.envelope(command, id, lead, version, payload.clone())?;
        let context = FieldContext { org: self.home.org(), subject: lead.into(), event: id };
        seal_fields(&mut envelope.payload, &context, &self.person)?;
        Ok(envelope)
    }

    fn envelope(
        &self,
        command: &str,
        id: EventId,
        stream_id: StreamId,
        version: u64,
        payload: Event,
    ) -> anyhow::Result<Envelope> {
        Ok(Envelope {
            id,
            occurred_at: Timestamp::from_micros(1_772_452_800_000_000)?,
            org_id: self.home.org(),
            actor: self.by.actor().clone(),
            payload,
            dedupe_key: Some(id.to_string().parse()?),
            correlation_id: Some(id.into()),
            causation_id: None,
            trace_id: None,
            meta: Meta {
                source: "api".parse()?,
                environment: Environment::Local,
                command: command.parse()?,
                reason: None,
                on_behalf_of: None,
            },
            stream_id,
            version,
        })
    }
}

/// The command that a client sends as number `step` of a lead, and its event.
fn payload(step: usize) -> anyhow::Result<(&'static str, Event)> {
    let (command, type_name, payload) = match step {
        0 => (
            "lead.capture",
            "xentri.lead.created.v1",
            json!({ "name": "Henriette Musterfrau", "email": "henriette.musterfrau@example.com",
                    "phone": "+493055501234", "company": "Musterfrau Machines", "source": "form" }),
        ),
        1 => (
            "lead.log-contact",
            "xentri.lead.contacted.v1",
            json!({ "channel": "phone", "note": NOTE, "at": "2026-03-02T12:00:00.000000Z" }),
        ),
        2 => (
            "lead.schedule-follow-up",
            "xentri.followup.scheduled.v1",
            json!({ "follow_up_id": Uuid::now_v7().to_string(), "due_at": "2030-01-02T10:00:00.000000Z", "note": NOTE }),
        ),
        3 => ("lead.qualify", "xentri.lead.qualified.v1", json!({ "score": 80, "reason": NOTE })),
        _ => (
            "lead.send-proposal",
            "xentri.lead.proposal_sent.v1",
            json!({ "amount": { "amount": 12_345_600, "currency": "EUR" }, "valid_until": "2030-02-01" }),
        ),
    };
    Ok((command, read(type_name, payload)?))
}

fn read(type_name: &str, payload: Value) -> anyhow::Result<Event> {
    Ok(Event::read_payload(type_name, payload).ok_or_else(|| anyhow!("no such event: {type_name}"))??)
}

fn new_event() -> anyhow::Result<EventId> {
    Ok(EventId::try_from(Uuid::now_v7())?)
}
