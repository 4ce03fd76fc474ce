//! The commands of one org, as they leave a decision.

use anyhow::anyhow;
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::aggregate::{HoldsPersonal, StreamRef};
use xentri_domain::kernel::{Actor, EventId, Principal, Role, StreamId, SubjectId, Timestamp, UserId};
use xentri_domain::lead::Lead;
use xentri_domain::org::Org;
use xentri_domain::registry::{self, Event, command_kinds};
use xentri_ledger::{
    Authorized, Chain, CommandRecord, EventRecord, FieldContext, Home, NewOrg, NewSubject, OrgKey,
    OrgSettings, ReceiptRecord, SubjectKey, seal_fields,
};
use xentri_schemas::{Envelope, Environment, Meta};

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
}

impl Tenant {
    pub(super) fn new(home: Home) -> anyhow::Result<Self> {
        let by =
            Principal::new(home.org(), Actor::User(UserId::of("https://issuer.test", "ada")), Role::Owner);
        let kind =
            command_kinds().find(|kind| kind.name == "capture").ok_or_else(|| anyhow!("no such command"))?;
        let body = json!({ "name": "Henriette Musterfrau", "source": "form" });
        let command = registry::Command::read(kind, body).ok_or_else(|| anyhow!("no such command"))??;
        Ok(Self {
            home,
            key: OrgKey::random()?,
            authorized: Authorized::to_give(&command, &by)?,
            by,
            person: SubjectKey::random()?,
            payloads: (0..5).map(payload).collect::<anyhow::Result<_>>()?,
        })
    }

    /// What makes the org.
    pub(super) fn made(&self, settings: &OrgSettings) -> anyhow::Result<Chain> {
        let payload = json!({
            "name": "Bakery", "time_zone": settings.time_zone.as_str(), "currency": settings.currency.as_str(),
            "language": settings.language.as_str(), "invoice_prefix": settings.invoice_prefix.as_str(),
        });
        let payload = read("xentri.org.created.v1", payload)?;
        let stream = StreamRef::of::<Org>(self.home.org());
        let record = EventRecord::of(&self.envelope("org.create", stream.id, 1, payload)?)?;
        let mut chain =
            Chain::new(self.home).making(NewOrg { wrapped: vec![7; 60], master_key: "m-bench".to_owned() });
        chain.push(
            &self.authorized,
            [(stream, 0)],
            CommandRecord { events: vec![record], ..Default::default() },
        )?;
        Ok(chain)
    }

    pub(super) fn chain(&self, command: Command) -> anyhow::Result<Chain> {
        let stream = StreamRef::of::<Lead>(StreamId::try_from(command.lead)?);
        let before = u32::try_from(command.step)?;
        let (name, payload) = &self.payloads[command.step];
        let mut envelope = self.envelope(name, stream.id, u64::from(before) + 1, payload.clone())?;
        let subject = SubjectId::from(stream.id);
        let context = FieldContext { org: self.home.org(), subject, event: envelope.id };
        let mut personal = false;
        envelope.payload.visit_personal(&mut |_, _| personal = true);
        seal_fields(&mut envelope.payload, &context, &self.person)?;
        let new = || -> anyhow::Result<_> {
            let wrapped = self.key.wrap_subject(self.home.org(), subject, &self.person)?;
            Ok(NewSubject { subject, wrapped })
        };
        let record = CommandRecord {
            events: vec![EventRecord::of(&envelope)?],
            receipt: Some(self.receipt(&envelope)?),
            new_subjects: if before == 0 { vec![new()?] } else { Vec::new() },
            about: if personal { vec![(subject, stream)] } else { Vec::new() },
            forgets: Vec::new(),
        };
        let mut chain = Chain::new(self.home);
        chain.push(&self.authorized, [(stream, before)], record)?;
        Ok(chain)
    }

    fn receipt(&self, envelope: &Envelope) -> anyhow::Result<ReceiptRecord> {
        let mac = self.key.receipt_mac(NOTE.as_bytes());
        let key = envelope.id.to_string().parse()?;
        let answer = format!(
            r#"{{"id":"{}","version":{},"events":[{{"id":"{}","type":"{}"}}]}}"#,
            envelope.stream_id,
            envelope.version,
            envelope.id,
            envelope.payload.kind().type_name
        );
        Ok(ReceiptRecord::new(key, mac, answer)?)
    }

    fn envelope(
        &self,
        command: &str,
        stream_id: StreamId,
        version: u64,
        payload: Event,
    ) -> anyhow::Result<Envelope> {
        let id = EventId::try_from(Uuid::now_v7())?;
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
