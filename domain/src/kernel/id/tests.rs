use proptest::prelude::*;
use uuid::Uuid;

use super::{EventId, LeadId, OrgId, PulseItemId, StreamId, SubjectId, UserId};
use crate::kernel::{Coded, Scope};

const ORG: &str = "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a";

#[test]
fn natural_ids_never_change() {
    let org = OrgId::parse(ORG).unwrap();
    for (id, pinned) in [
        (StreamId::natural(org, "brief", "brief").uuid(), "e4450fa4-7322-5279-9926-fde86c043210"),
        (StreamId::natural(org, "slug", "acme-bakery").uuid(), "60175bf8-d0da-58e4-b973-828215b207c1"),
        (StreamId::natural(org, "invoice_number", "2026").uuid(), "0ec8f516-9c18-5a2e-bb0a-17847b30cd23"),
        (UserId::of("https://id.example.com", "user_9x").uuid(), "1d0aefaa-582f-5272-8df7-524be1c5baef"),
        (
            PulseItemId::of(EventId::parse(ORG).unwrap(), Scope::LEADS, "lead_captured").uuid(),
            "3eb737c5-00c9-50b6-b469-694add9c9c36",
        ),
        (
            PulseItemId::promoted(PulseItemId::parse(ORG).unwrap(), Scope::STRATEGY).uuid(),
            "e28ee3a0-ce16-51c0-aa55-4285a6878db6",
        ),
    ] {
        assert_eq!(id.to_string(), pinned);
    }
}

#[test]
fn version_7_never_changes() {
    let id = LeadId::v7(1_720_600_000_000, [0xff; 10]);
    assert_eq!(id.to_string(), "01909bc0-7600-7fff-bfff-ffffffffffff");
    assert!(id.is_v7());
    assert!(id < LeadId::v7(1_720_600_000_001, [0; 10]), "later ids sort after earlier ones");
    assert!(!UserId::of("a", "b").is_v7());
}

#[test]
fn a_user_is_known_by_issuer_and_subject() {
    assert_ne!(UserId::of("a", "b"), UserId::of("b", "a"));
    assert_ne!(UserId::of("a", "b"), UserId::of("a", "c"));
}

#[test]
fn nil_and_other_spellings_are_refused() {
    for bad in [
        "00000000-0000-0000-0000-000000000000",
        "",
        "0190a5e17f3c7a529d0e3f6b8c1d2e4a",
        "{0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a}",
        "urn:uuid:0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a",
        "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4",
        "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4g",
        " 190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a",
        "0190a5e17-f3c-7a52-9d0e-3f6b8c1d2e4a",
        "org_2ab",
    ] {
        assert_eq!(LeadId::parse(bad).unwrap_err().code(), "bad_format", "{bad:?}");
    }
    assert!(LeadId::try_from(Uuid::nil()).is_err());
}

#[test]
fn the_wire_form_is_lower_case_text() {
    let id: LeadId = serde_json::from_str(&format!("\"{}\"", ORG.to_uppercase())).unwrap();
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{ORG}\""));
    assert_eq!(format!("{id:?}"), format!("LeadId({ORG})"));
    assert_eq!(SubjectId::from(id).uuid(), LeadId::from(StreamId::from(id)).uuid());
}

proptest! {
    #[test]
    fn what_is_written_reads_back(unix_ms in 0_u64..1 << 48, random: [u8; 10]) {
        let id = EventId::v7(unix_ms, random);
        prop_assert_eq!(id.to_string().parse(), Ok(id));
        prop_assert!(id.is_v7());
    }
}
