//! The invoice numbers of an org and a year: taken one after the other, never given back, not even by a void.

use serde::{Deserialize, Serialize};

use crate::aggregate::{Stream, events, no_personal};
use crate::kernel::{InvoiceId, OrgId, StreamId};

events! {
    /// What can have happened to the numbers of a year.
    InvoiceNumberEvent of "invoice_number" in Finance, about |_event, _stream| None;
    NumberTaken "invoice_number.taken" 1 0;
}
no_personal!(InvoiceNumbers, NumberTaken);

/// An invoice has the next number of its year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NumberTaken {
    pub year: i16,
    /// 1, 2, 3 and so on within the year; the same as the version of this stream.
    pub number: u32,
    pub invoice_id: InvoiceId,
}

/// The last number taken, 0 before the first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InvoiceNumbers {
    pub last: u32,
}

impl InvoiceNumbers {
    /// The stream of an org's year.
    pub fn of(org: OrgId, year: i16) -> StreamId {
        StreamId::natural(org, Self::TYPE, &year.to_string())
    }

    /// The one number that may be taken now. None after four thousand million of them.
    pub fn next(&self) -> Option<u32> {
        self.last.checked_add(1)
    }
}

impl Stream for InvoiceNumbers {
    const TYPE: &'static str = "invoice_number";
    const FOLD_VERSION: u32 = 1;
    type Event = InvoiceNumberEvent;

    fn apply(&mut self, event: &InvoiceNumberEvent) {
        let InvoiceNumberEvent::NumberTaken(taken) = event;
        self.last = taken.number;
    }
}

#[cfg(test)]
mod tests {
    use super::InvoiceNumbers;
    use crate::aggregate::scenario::org_id;
    use crate::kernel::OrgId;

    #[test]
    fn numbers_start_at_one_and_end_rather_than_repeat() {
        assert_eq!(InvoiceNumbers::default().next(), Some(1));
        assert_eq!(InvoiceNumbers { last: 41 }.next(), Some(42));
        assert_eq!(InvoiceNumbers { last: u32::MAX }.next(), None);
    }

    #[test]
    fn each_org_and_each_year_has_a_stream_of_its_own() {
        let other = OrgId::v7(9, [9; 10]);
        assert_eq!(InvoiceNumbers::of(org_id(), 2026), InvoiceNumbers::of(org_id(), 2026));
        assert_ne!(InvoiceNumbers::of(org_id(), 2026), InvoiceNumbers::of(org_id(), 2027));
        assert_ne!(InvoiceNumbers::of(org_id(), 2026), InvoiceNumbers::of(other, 2026));
    }
}
