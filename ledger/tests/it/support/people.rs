//! People in the events of leads and invoices, sealed and read back.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{StreamId, SubjectId};
use xentri_domain::subject::NamedStream;
use xentri_ledger::{Chain, CommandRecord, Home, Outcome, Sealer, TenantTx, subject_streams_in_tx};
use xentri_schemas::{Envelope, Reading};

use super::leads::{authorized, envelope};
use super::{Lead, World, owner};

/// A lead's first event, with all that is personal open.
pub(crate) fn ada(lead: &Lead) -> Envelope {
    person(lead, "Ada Lovelace", "ada@example.com")
}

pub(crate) fn person(lead: &Lead, name: &str, email: &str) -> Envelope {
    let payload =
        json!({ "name": name, "email": email, "source": "form", "note": format!("{name} called.") });
    envelope(lead.home.org(), lead.id.into(), 1, "lead.capture", payload, "xentri.lead.created.v1")
}

pub(crate) fn note(lead: &Lead, version: u32, note: &str) -> Envelope {
    let payload = json!({ "note": note });
    envelope(lead.home.org(), lead.id.into(), version, "lead.add-note", payload, "xentri.lead.note_added.v1")
}

/// The first event of a new invoice for that person.
pub(crate) fn invoice(home: Home, subject: SubjectId, name: &str) -> Envelope {
    let payload = json!({ "customer": { "subject_id": subject, "name": name }, "currency": "EUR", "lines": [],
                          "due_in_days": 30 });
    let id = StreamId::try_from(Uuid::now_v7()).unwrap();
    envelope(home.org(), id, 1, "invoice.draft", payload, "xentri.invoice.drafted.v1")
}

fn forgotten(home: Home, subject: SubjectId, streams: &[StreamRef]) -> Envelope {
    let streams: Vec<_> = streams.iter().copied().map(NamedStream::from).collect();
    let payload = json!({ "streams": streams });
    let id = StreamId::try_from(subject.uuid()).unwrap();
    envelope(home.org(), id, 1, "subject.forget", payload, "xentri.subject.forgotten.v1")
}

/// A chain of commands, each with its events and its record.
pub(crate) fn chain(home: Home, commands: Vec<(&[Envelope], CommandRecord)>) -> Chain {
    let mut chain = Chain::new(home);
    for (envelopes, record) in commands {
        let mut expected = BTreeMap::new();
        for envelope in envelopes {
            let stream =
                StreamRef { stream_type: envelope.payload.kind().stream_type, id: envelope.stream_id };
            expected.entry(stream).or_insert(u32::try_from(envelope.version - 1).unwrap());
        }
        chain.push(&authorized(&owner(home)), expected, record).unwrap();
    }
    chain
}

impl World {
    /// One command, sealed and appended.
    pub(crate) async fn record(&self, sealer: &mut Sealer, home: Home, envelopes: &[Envelope]) -> Outcome {
        let record = sealer.seal(envelopes).await.unwrap();
        let outcome = self.append(chain(home, vec![(envelopes, record)])).await;
        sealer.settle(&Ok(outcome.clone())).await;
        outcome
    }

    /// One command that is sure to be appended.
    pub(crate) async fn recorded(&self, home: Home, envelopes: &[Envelope]) {
        let outcome = self.record(&mut self.ledger.keys().sealer(home), home, envelopes).await;
        assert!(matches!(outcome, Outcome::Appended(_)), "{outcome:?}");
    }

    pub(crate) async fn streams_about(&self, home: Home, subject: SubjectId) -> Vec<StreamRef> {
        let mut tx = TenantTx::read(self.ledger.databases(), home).await.unwrap();
        subject_streams_in_tx(&mut tx, subject).await.unwrap()
    }

    /// Forgets a person in the streams that were seen.
    pub(crate) async fn forget(&self, home: Home, subject: SubjectId, streams: &[StreamRef]) -> Outcome {
        let events = [forgotten(home, subject, streams)];
        let mut sealer = self.ledger.keys().sealer(home);
        let record = sealer.forget(subject, streams, &events).await.unwrap();
        let outcome = self.append(chain(home, vec![(&events, record)])).await;
        sealer.settle(&Ok(outcome.clone())).await;
        outcome
    }

    /// All bodies of an org, as they are stored.
    pub(crate) async fn bodies(&self, home: Home) -> Vec<String> {
        let mut tx = TenantTx::read(self.ledger.databases(), home).await.unwrap();
        sqlx::query_scalar("select body from event where shard = $1 and org_id = $2 order by org_seq")
            .bind(home.shard().number())
            .bind(home.org().uuid())
            .fetch_all(tx.connection())
            .await
            .unwrap()
    }

    /// Its events, as stored and opened, without the org's own first.
    pub(crate) async fn history(&self, home: Home) -> Vec<Envelope> {
        let mut events = self.sealed_history(home).await;
        let mut tx = TenantTx::read(self.ledger.databases(), home).await.unwrap();
        self.ledger.keys().open_in_tx(&mut tx, &mut events).await.unwrap();
        events
    }

    pub(crate) async fn sealed_history(&self, home: Home) -> Vec<Envelope> {
        self.bodies(home).await.iter().skip(1).map(|body| read(body)).collect()
    }
}

pub(crate) fn read(body: &str) -> Envelope {
    let Reading::Event(envelope) = Reading::of(body).unwrap() else { panic!("no event") };
    *envelope
}

/// Whether the person shows in none of these.
pub(crate) fn nobody_shows(events: &[Envelope]) -> bool {
    events.iter().all(|event| {
        let body = event.write_body().unwrap();
        !body.contains("Ada") && !body.contains("ada@") && body.contains(r#"{"$p":null}"#)
    })
}
