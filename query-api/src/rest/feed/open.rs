//! Events with their personal values open. All else stays as it is stored, to the byte: what is replaced is the spelling of
//! a sealed value, which can stand nowhere else, for within a text its quotes would be escaped.

use xentri_domain::aggregate::HoldsPersonal as _;
use xentri_domain::kernel::Sealed;
use xentri_ledger::{KeyRing, OpeningError, StoredEvent, TenantTx};
use xentri_schemas::{Envelope, Reading};

const FORGOTTEN: &str = r#"{"$p":null}"#;

/// Each with its number, in their order. What this program can't decode stays sealed.
pub(super) async fn open_in_tx(
    keys: &KeyRing,
    tx: &mut TenantTx,
    events: Vec<StoredEvent>,
) -> Result<Vec<(u64, String)>, OpeningError> {
    let mut sealed: Vec<Option<Inside>> = events.iter().map(Inside::of).collect();
    keys.open_in_tx(tx, sealed.iter_mut().flatten().map(|inside| &mut inside.envelope)).await?;
    let opened = events.into_iter().zip(sealed).map(|(event, inside)| {
        let wire = match inside {
            Some(inside) => event.recorded().wire(&inside.put_into(event.body.clone())),
            None => event.wire(),
        };
        (event.org_seq, wire)
    });
    Ok(opened.collect())
}

/// An event with something in it to open.
struct Inside {
    envelope: Envelope,
    /// As it is stored, in the order of the visit, which is the same each time; None for a field that is not sealed.
    sealed: Vec<Option<Sealed>>,
}

impl Inside {
    fn of(event: &StoredEvent) -> Option<Self> {
        let Ok(Reading::Event(mut envelope)) = event.decode() else { return None };
        let mut sealed = Vec::new();
        envelope.payload.visit_personal(&mut |_, field| sealed.push(field.sealed().cloned()));
        let any = sealed.iter().any(Option::is_some);
        any.then_some(Self { envelope: *envelope, sealed })
    }

    fn put_into(mut self, mut body: String) -> String {
        let mut sealed = self.sealed.into_iter();
        self.envelope.payload.visit_personal(&mut |_, field| {
            let Some(Some(before)) = sealed.next() else { return };
            let now = match field.open_text() {
                Some(text) => serde_json::to_string(&text).unwrap_or_else(|_| FORGOTTEN.to_owned()),
                None => FORGOTTEN.to_owned(),
            };
            body = body.replacen(&format!(r#"{{"$p":"{}"}}"#, before.as_str()), &now, 1);
        });
        body
    }
}
