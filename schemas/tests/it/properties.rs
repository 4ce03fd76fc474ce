//! Events as they may come: with and without each optional field, personal data in any form.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use xentri_domain::aggregate::HoldsPersonal;
use xentri_domain::kernel::Sealed;
use xentri_domain::registry::event_kinds;
use xentri_schemas::{Digest, Envelope, LedgerMark, Recorded};

use crate::samples::{bodies, envelope};

/// Takes out what may be missing, wherever it is.
fn thinned(body: &str, drops: &[Index]) -> Envelope {
    let mut value: Value = serde_json::from_str(body).unwrap();
    for drop in drops {
        let mut places = Vec::new();
        fields(&value, "", &mut places);
        let place = &places[drop.index(places.len())];
        let mut candidate = value.clone();
        let (parent, name) = place.rsplit_once('/').unwrap();
        candidate.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        if xentri_schemas::Reading::of(&candidate.to_string()).is_ok() {
            value = candidate;
        }
    }
    envelope(&value.to_string())
}

fn fields(value: &Value, at: &str, found: &mut Vec<String>) {
    for (name, below) in value.as_object().into_iter().flatten() {
        found.push(format!("{at}/{name}"));
        fields(below, &format!("{at}/{name}"), found);
    }
    for (n, below) in value.as_array().into_iter().flatten().enumerate() {
        fields(below, &format!("{at}/{n}"), found);
    }
}

fn disguise(envelope: &mut Envelope, forms: &[u8]) {
    let mut forms = forms.iter().cycle();
    envelope.payload.visit_personal(&mut |_, field| match forms.next() {
        Some(0) => field.seal(Sealed::parse("AQID_-").unwrap()),
        Some(1) => field.forget(),
        _ => {}
    });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    #[test]
    fn an_event_is_read_back_as_it_was_written(
        which: Index,
        sample: Index,
        drops in prop::collection::vec(any::<Index>(), 0..12),
        forms in prop::collection::vec(0_u8..3, 1..6),
        epoch in 0_u64..3,
        org_seq in 1_u64..1 << 53,
        micros in 0_i64..253_402_207_199_999_999,
    ) {
        let kinds: Vec<_> = event_kinds().collect();
        let bodies = bodies(kinds[which.index(kinds.len())].schema);
        let mut event = thinned(&bodies[sample.index(bodies.len())], &drops);
        disguise(&mut event, &forms);
        let body = event.write_body().unwrap();
        let read = envelope(&body);
        prop_assert_eq!(read.write_body().unwrap(), body.as_str());
        prop_assert_eq!(read, event);
        let recorded = Recorded {
            recorded_at: xentri_domain::kernel::Timestamp::from_micros(micros).unwrap(),
            ledger: LedgerMark { epoch, org_seq, hash: Digest::of(&body) },
        };
        prop_assert_eq!(Recorded::split(&recorded.wire(&body)), Ok((body, recorded)));
    }
}
