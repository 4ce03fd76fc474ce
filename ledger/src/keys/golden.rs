//! What was sealed once must open for ever: vectors may be added here, never changed. They were computed apart from
//! this code, from what `mod.rs` and `cipher.rs` say.

use data_encoding::{BASE64, HEXLOWER};
use xentri_domain::kernel::{OrgId, SubjectId};
use xentri_schemas::Reading;

use super::{FieldContext, KeyKeeper, MasterKeys, OrgKey, SecretKey, SubjectKey, Wrapped, open_fields};

const ORG: &str = "0190a5e0-0000-7000-8000-000000000001";
const SUBJECT: &str = "0190a5e1-0000-7000-8000-000000000002";

/// 32 bytes that count up.
fn key(from: u8) -> SecretKey {
    let bytes: Vec<u8> = (from..from + 32).collect();
    SecretKey::from_slice(&bytes).unwrap()
}

fn hex(digits: &str) -> Vec<u8> {
    HEXLOWER.decode(digits.as_bytes()).unwrap()
}

fn master() -> MasterKeys {
    MasterKeys::from_text(&BASE64.encode(key(0).as_bytes())).unwrap()
}

fn org() -> OrgId {
    ORG.parse().unwrap()
}

fn subject() -> SubjectId {
    SUBJECT.parse().unwrap()
}

/// The vector of draft-irtf-cfrg-xchacha-03, A.3.1, in our format.
#[test]
fn the_vector_of_the_ciphers_draft_opens() {
    let sealed = "01404142434445464748494a4b4c4d4e4f5051525354555657bd6d179d3e83d43b9576579493c0e939572a1700252bfacc\
        bed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1\
        bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49";
    let text = key(0x80).open(&hex("50515253c0c1c2c3c4c5c6c7"), &hex(sealed)).unwrap();
    let words = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
        sunscreen would be it.";
    assert_eq!(std::str::from_utf8(&text), Ok(words));
}

#[tokio::test]
async fn what_lies_under_a_master_key_opens() {
    let keys = master();
    assert_eq!(keys.current(), "m-00ca62a8d982");
    let wrapped = "01808182838485868788898a8b8c8d8e8f90919293949596973d54dfbc8446ed2c9606474d60d2571ef65a4716a74c7abcd\
        bd9ab8758606ec151572b531c41becf523a3e2f031ed3f9";
    let wrapped = Wrapped { master_key: "m-00ca62a8d982".into(), bytes: hex(wrapped) };
    assert_eq!(keys.unwrap(org(), &wrapped).await.unwrap().root().as_bytes(), key(0x20).as_bytes());

    let token = "018182838485868788898a8b8c8d8e8f9091929394959697989ae25f1f7f3910bf9d791b1bf4eb814a4024";
    let derived = keys.derive("cursor").await.unwrap();
    assert_eq!(*derived.open(b"feed", &hex(token)).unwrap(), b"17");
}

#[test]
fn what_lies_under_an_org_key_opens() {
    let org_key = OrgKey::new(key(0x20));
    let wrapped = "0182838485868788898a8b8c8d8e8f90919293949596979899c0b6b414ca16c29348aea157b730cb26f2df1bd6446783\
        78f725c5de1574fedfe9783aea1a5ef5c44140a2fff14b9e23";
    let unwrapped = org_key.unwrap_subject(org(), subject(), &hex(wrapped)).unwrap();
    assert_eq!(unwrapped.secret().as_bytes(), key(0x60).as_bytes());
    let mac = "f040796ddd5dfc1e95780a677e78bea9953b0d80e936fcdeef2ba8d470ac986c";
    assert_eq!(HEXLOWER.encode(&org_key.receipt_mac(b"POST /api/v1/sales/leads")), mac);
}

#[test]
fn what_lies_under_a_subject_key_opens() {
    let samples = include_str!("../../../schemas/samples/events/lead.created@1.0.jsonl");
    let mut lines = samples.lines();
    let (open, sealed) = (lines.next().unwrap(), lines.next().unwrap());
    let body = [
        "AZCRkpOUlZaXmJmam5ydnp-goaKjpKWmp4Ogp0i6_NVmvNg7_tW2wumKg_h_eJx2Oy7akL8",
        "AZGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqHQOrfYMRDyfLUQ6VM4pU-HSQl1-Fet-aPy6eugkH4w",
        "AZKTlJWWl5iZmpucnZ6foKGio6SlpqeoqVqwIJv-flJkyWMFM9Ziebg7TQIFKST5F6s_cg4",
        "AZOUlZaXmJmam5ydnp-goaKjpKWmp6ipqqV-5rGKSu5aJl7wU_ll6sRUXEURPkITdewKmZsJkY0UQ1fhmwpnxc5_7OvfJ4KFsheKx0hw0KlfxFPg\
         i940ScN_1v9kcA",
    ]
    .into_iter()
    .fold(sealed.to_owned(), |body, field| body.replacen("AQIDBAUGBwgJCgsMDQ4PEA", field, 1));
    let Reading::Event(mut event) = Reading::of(&body).unwrap() else { panic!("no event") };
    let context = FieldContext { org: org(), subject: subject(), event: event.id };
    open_fields(&mut event.payload, &context, Some(&SubjectKey::new(key(0x60)))).unwrap();
    assert_eq!(event.write_body().unwrap(), open);
}
