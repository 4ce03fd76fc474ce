//! The personal fields of one event, sealed before it is stored and opened for whoever may read them.

use data_encoding::BASE64URL_NOPAD;
use thiserror::Error;
use xentri_domain::aggregate::{HoldsPersonal, PersonalField};
use xentri_domain::kernel::{EventId, OrgId, Sealed, SubjectId};

use super::cipher::{OpenError, SealError};
use super::secret::SecretKey;
use super::subject::SubjectKey;

/// Where a field is at home. It opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldContext {
    pub org: OrgId,
    pub subject: SubjectId,
    pub event: EventId,
}

/// Names the field and nothing of its content.
#[derive(Debug, Error)]
pub enum FieldError {
    /// Sealed for another event, it would never open in this one.
    #[error("{pointer} of event {event} is sealed already")]
    SealedBefore { event: EventId, pointer: String },
    #[error("{pointer} of event {event} can't be sealed")]
    Seal {
        event: EventId,
        pointer: String,
        #[source]
        error: SealError,
    },
    #[error("{pointer} of event {event} does not open")]
    Open {
        event: EventId,
        pointer: String,
        #[source]
        error: OpenError,
    },
    #[error("{pointer} of event {event} opens, but to no value of its type")]
    NoValue { event: EventId, pointer: String },
}

/// Seals every open field; a forgotten one stays forgotten. An error leaves the payload as it was.
pub fn seal_fields(
    payload: &mut impl HoldsPersonal,
    context: &FieldContext,
    key: &SubjectKey,
) -> Result<(), FieldError> {
    let mut place = Place::new(context);
    let mut sealed = Vec::new();
    let mut outcome = Ok(());
    payload.visit_personal(&mut |pointer, field| {
        if outcome.is_ok() {
            outcome = place.seal(key.secret(), pointer, field).map(|field| sealed.push(field));
        }
    });
    outcome?;
    put(payload, sealed);
    Ok(())
}

/// Opens every sealed field. Without a key the person is forgotten, and with them every field, whatever its form. An
/// error leaves the payload as it was.
pub fn open_fields(
    payload: &mut impl HoldsPersonal,
    context: &FieldContext,
    key: Option<&SubjectKey>,
) -> Result<(), FieldError> {
    let Some(key) = key else {
        payload.visit_personal(&mut |_, field| field.forget());
        return Ok(());
    };
    let mut place = Place::new(context);
    let mut before = Vec::new();
    let mut outcome = Ok(());
    payload.visit_personal(&mut |pointer, field| {
        if outcome.is_ok() {
            let sealed = field.sealed().cloned();
            if let Some(sealed) = &sealed {
                outcome = place.open(key.secret(), pointer, field, sealed);
            }
            before.push(sealed);
        }
    });
    if outcome.is_err() {
        put(payload, before);
    }
    outcome
}

/// In the order of the visit, which is the same each time.
fn put(payload: &mut impl HoldsPersonal, sealed: Vec<Option<Sealed>>) {
    let mut sealed = sealed.into_iter();
    payload.visit_personal(&mut |_, field| {
        if let Some(Some(sealed)) = sealed.next() {
            field.seal(sealed);
        }
    });
}

/// The associated data: org ‖ subject ‖ event, 16 bytes each, then the field's pointer.
struct Place {
    event: EventId,
    bytes: Vec<u8>,
}

impl Place {
    const HEAD: usize = 3 * 16;

    fn new(context: &FieldContext) -> Self {
        let FieldContext { org, subject, event } = *context;
        let mut bytes = Vec::with_capacity(Self::HEAD + 32);
        for id in [org.uuid(), subject.uuid(), event.uuid()] {
            bytes.extend_from_slice(id.as_bytes());
        }
        Self { event, bytes }
    }

    fn of(&mut self, pointer: &str) -> &[u8] {
        self.bytes.truncate(Self::HEAD);
        self.bytes.extend_from_slice(pointer.as_bytes());
        &self.bytes
    }

    fn seal(
        &mut self,
        key: &SecretKey,
        pointer: &str,
        field: &dyn PersonalField,
    ) -> Result<Option<Sealed>, FieldError> {
        let (event, named) = (self.event, || pointer.to_owned());
        if field.sealed().is_some() {
            return Err(FieldError::SealedBefore { event, pointer: named() });
        }
        let Some(text) = field.open_text() else { return Ok(None) };
        let bytes = key.seal(self.of(pointer), text.as_bytes()).map_err(|error| FieldError::Seal {
            event,
            pointer: named(),
            error,
        })?;
        Sealed::parse(&BASE64URL_NOPAD.encode(&bytes)).map(Some).map_err(|_| FieldError::Seal {
            event,
            pointer: named(),
            error: SealError::TooLong,
        })
    }

    fn open(
        &mut self,
        key: &SecretKey,
        pointer: &str,
        field: &mut dyn PersonalField,
        sealed: &Sealed,
    ) -> Result<(), FieldError> {
        let (event, named) = (self.event, || pointer.to_owned());
        // Its letters are those of base64url, but the last may have bits to spare, which the writer leaves zero.
        let text = BASE64URL_NOPAD
            .decode(sealed.as_str().as_bytes())
            .map_err(|_| OpenError::NotAuthentic)
            .and_then(|bytes| key.open(self.of(pointer), &bytes))
            .map_err(|error| FieldError::Open { event, pointer: named(), error })?;
        let put_back = std::str::from_utf8(&text).is_ok_and(|text| field.unseal(text));
        if put_back { Ok(()) } else { Err(FieldError::NoValue { event, pointer: named() }) }
    }
}

#[cfg(test)]
mod tests;
