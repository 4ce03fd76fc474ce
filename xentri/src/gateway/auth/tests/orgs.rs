//! Orgs as a real ledger knows them.

use std::sync::Arc;

use serde_json::json;
use xentri_domain::kernel::{Currency, Language, TimeZone};
use xentri_domain::org::{ExternalId, InvoicePrefix};
use xentri_ledger::{Ledger, LedgerSettings, MasterKeys, OrgSettings, ShardMap};
use xentri_schemas::Environment;
use xentri_testkit::{TestClock, TestDb, factory};

use super::super::Authenticator;
use super::super::settings::IssuerSettings;
use super::support::{AUDIENCE, ISSUER, LOOPBACK, TestKey, issuer, jwks, settings, with_bearer};

#[tokio::test]
async fn an_org_is_known_as_soon_as_it_is_active() {
    let db = TestDb::new().await;
    let keeper = Arc::new(MasterKeys::from_text("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap());
    let ledger = Ledger::open(ShardMap::single(db.server_url()), keeper, &LedgerSettings::default()).unwrap();
    let directory = ledger.directory().clone();
    let (key, file) = (TestKey::rsa(), tempfile::NamedTempFile::new().unwrap());
    std::fs::write(file.path(), jwks(&[&key])).unwrap();
    let issuer = IssuerSettings { jwks_file: Some(file.path().into()), ..issuer() };
    let clock = Arc::new(TestClock::new());
    let orgs = Arc::new(directory.clone());
    let opened = Authenticator::open(&settings(vec![issuer]), Environment::Prod, LOOPBACK, orgs, clock).await;
    let authenticator = opened.unwrap();

    let (org, external) = (factory::org(), ExternalId::parse("org_2abFqT").unwrap());
    let token = |name: &str| {
        key.sign(&json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": 9e9, "org_id": name,
                          "org_role": "owner" }))
    };
    let by_id = with_bearer(&token(&org.to_string()));
    let by_external_id = with_bearer(&token("org_2abFqT"));
    let bakery = OrgSettings {
        time_zone: TimeZone::parse("Europe/Madrid").unwrap(),
        currency: Currency::parse("EUR").unwrap(),
        language: Language::Es,
        invoice_prefix: InvoicePrefix::default(),
    };
    directory.reserve(org, Some(&external), &bakery).await.unwrap();
    for parts in [&by_id, &by_external_id] {
        assert_eq!(authenticator.authenticate(parts).await.unwrap_err().kind.code, "ORG_UNKNOWN");
    }
    assert!(directory.activate(org).await.unwrap());
    for parts in [&by_id, &by_external_id] {
        let (caller, _) = authenticator.authenticate(parts).await.unwrap();
        assert_eq!(caller.principal().unwrap().org(), org);
    }

    ledger.close().await;
    let unseen = with_bearer(&token("org_unseen"));
    let problem = authenticator.authenticate(&unseen).await.unwrap_err();
    assert_eq!((problem.kind.code, problem.retry_after), ("UNAVAILABLE", Some(1)));
}
