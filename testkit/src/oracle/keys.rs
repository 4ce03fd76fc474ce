//! Personal fields of JSON, opened with the ledger's own keys and nothing of its types of events.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;
use xentri_domain::aggregate::{HoldsPersonal, PersonalField};
use xentri_domain::kernel::{EventId, OrgId, Sealed, SubjectId};
use xentri_ledger::{FieldContext, KeyKeeper as _, MasterKeys, OrgKey, SubjectKey, Wrapped, open_fields};

use super::event::Event;

/// None is a key that is destroyed.
pub(super) struct Keys(BTreeMap<(Uuid, Uuid), Option<SubjectKey>>);

impl Keys {
    /// Of everybody in every org, as of the connection's transaction.
    pub(super) async fn read(connection: &mut PgConnection, master_key: &str) -> Result<Self, sqlx::Error> {
        // A file has one a line, among lines that say what it is.
        let lines =
            master_key.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let listed = lines.collect::<Vec<_>>().join(",");
        let master = MasterKeys::from_text(&listed).unwrap_or_else(|error| panic!("{error}"));
        let mut orgs: BTreeMap<Uuid, Option<OrgKey>> = BTreeMap::new();
        let stored: Vec<(Uuid, Option<Vec<u8>>, String)> =
            sqlx::query_as("select org_id, wrapped, master_key from org_key")
                .fetch_all(&mut *connection)
                .await?;
        for (org, wrapped, master_key) in stored {
            let key = match wrapped {
                Some(bytes) => {
                    let unwrapped = master.unwrap(org_id(org), &Wrapped { master_key, bytes }).await;
                    Some(unwrapped.unwrap_or_else(|error| panic!("{error}")))
                }
                None => None,
            };
            orgs.insert(org, key);
        }
        let stored: Vec<(Uuid, Uuid, Option<Vec<u8>>)> =
            sqlx::query_as("select org_id, subject_id, wrapped from subject_key")
                .fetch_all(connection)
                .await?;
        let unwrap = |(org, subject, wrapped): (Uuid, Uuid, Option<Vec<u8>>)| {
            let key = orgs.get(&org).and_then(Option::as_ref).zip(wrapped).map(|(key, wrapped)| {
                let unwrapped = key.unwrap_subject(org_id(org), subject_id(subject), &wrapped);
                unwrapped.unwrap_or_else(|error| panic!("{error}"))
            });
            ((org, subject), key)
        };
        Ok(Self(stored.into_iter().map(unwrap).collect()))
    }

    /// Opens what is sealed; what is forgotten becomes null.
    pub(super) fn open(&self, event: &mut Event) {
        let subject = match event.stream_type() {
            // A lead's person has the lead's id.
            "lead" => event.stream_id(),
            "invoice" => match event.body.pointer("/payload/customer/subject_id").and_then(Value::as_str) {
                Some(subject) => subject,
                None => return,
            },
            _ => return,
        };
        let (org, subject) = (parsed(event.org()), parsed(subject));
        let id = EventId::try_from(parsed(event.id())).expect("an id");
        let context = FieldContext { org: org_id(org), subject: subject_id(subject), event: id };
        let key = self.0.get(&(org, subject)).and_then(Option::as_ref);
        let payload = std::mem::take(&mut event.body["payload"]);
        let mut payload = Payload(payload);
        open_fields(&mut payload, &context, key).unwrap_or_else(|error| panic!("{error}"));
        event.body["payload"] = payload.0;
    }
}

fn parsed(id: &str) -> Uuid {
    id.parse().unwrap_or_else(|_| panic!("{id} is no UUID"))
}

fn org_id(id: Uuid) -> OrgId {
    OrgId::try_from(id).expect("an id")
}

fn subject_id(id: Uuid) -> SubjectId {
    SubjectId::try_from(id).expect("an id")
}

/// Where the one member of an object is `$p`, there is something personal.
#[derive(Clone)]
struct Payload(Value);

impl HoldsPersonal for Payload {
    fn visit_personal(&mut self, visit: &mut dyn FnMut(&str, &mut dyn PersonalField)) {
        walk(&mut self.0, &mut String::new(), visit);
    }
}

fn walk(value: &mut Value, pointer: &mut String, visit: &mut dyn FnMut(&str, &mut dyn PersonalField)) {
    let Value::Object(fields) = value else { return };
    if let Some(sealed) = fields.get("$p") {
        let sealed = sealed.as_str().map(|text| Sealed::parse(text).expect("sealed data"));
        let mut field = Field { sealed, open: None };
        visit(pointer, &mut field);
        match field {
            Field { open: Some(text), .. } => *value = Value::String(text),
            Field { sealed: None, .. } => *value = Value::Null,
            Field { sealed: Some(_), open: None } => {}
        }
        return;
    }
    for (name, value) in fields {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(name);
        walk(value, pointer, visit);
        pointer.truncate(length);
    }
}

struct Field {
    sealed: Option<Sealed>,
    open: Option<String>,
}

impl PersonalField for Field {
    fn open_text(&self) -> Option<String> {
        self.open.clone()
    }

    fn sealed(&self) -> Option<&Sealed> {
        self.sealed.as_ref()
    }

    fn seal(&mut self, sealed: Sealed) {
        *self = Self { sealed: Some(sealed), open: None };
    }

    fn unseal(&mut self, text: &str) -> bool {
        *self = Self { sealed: None, open: Some(text.to_owned()) };
        true
    }

    fn forget(&mut self) {
        *self = Self { sealed: None, open: None };
    }
}
