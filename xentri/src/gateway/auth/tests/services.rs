//! Services: their issuer says what they are, they say in which org they act.

use serde_json::json;
use xentri_domain::kernel::{Actor, Caller, Permission, Slug};

use super::super::Authenticator;
use super::super::settings::ActorKind;
use super::super::settings::AuthFault;
use super::support::{EXTERNAL, World, issuer, settings, with_org};

#[tokio::test]
async fn the_kind_of_actor_follows_from_the_issuer() {
    let name = Slug::parse("mark-overdue").unwrap();
    for (kind, actor) in [
        (ActorKind::System, Actor::System(name.clone())),
        (ActorKind::Job, Actor::Job(name.clone())),
        (ActorKind::Agent, Actor::Agent(name)),
    ] {
        let world = World::of(kind, &["finance:*"]).await;
        let token = world.token(json!({ "sub": "mark-overdue", "org_id": null, "actor": "user" }));
        let caller = world.bearer(&token).await.unwrap();
        assert_eq!(caller.actor(), &actor);
        assert!(matches!(caller, Caller::Platform(_)));
    }
}

#[tokio::test]
async fn a_service_chooses_its_org_by_the_header_and_keeps_its_own_grants() {
    let world = World::of(ActorKind::System, &["finance:issue", "platform:*"]).await;
    // What would be an org and a role of a user is nothing here.
    let token = world.token(json!({ "sub": "billing" }));
    assert!(matches!(world.bearer(&token).await, Ok(Caller::Platform(_))));
    for named in [world.org.to_string().as_str(), EXTERNAL] {
        let (caller, _) = world.authenticator.authenticate(&with_org(&token, named)).await.unwrap();
        let principal = caller.principal().unwrap();
        assert_eq!(principal.org(), world.org);
        assert!(
            principal.allows(Permission::FINANCE_ISSUE) && principal.allows(Permission::PLATFORM_OPERATE)
        );
        assert!(!principal.allows(Permission::SALES_WRITE));
    }
    for unknown in ["org_other", "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a", "", "a b"] {
        let refused = world.authenticator.authenticate(&with_org(&token, unknown)).await;
        assert_eq!(refused.unwrap_err().kind.code, "ORG_UNKNOWN", "{unknown}");
    }
    let mut twice = with_org(&token, EXTERNAL);
    twice.headers.append("x-org-id", EXTERNAL.parse().unwrap());
    assert_eq!(world.authenticator.authenticate(&twice).await.unwrap_err().kind.code, "BAD_HEADER");
}

#[tokio::test]
async fn a_service_has_a_name() {
    let world = World::of(ActorKind::Job, &[]).await;
    for sub in [json!(null), json!(""), json!("Mark Overdue"), json!("a".repeat(64))] {
        World::assert_refused(
            world.bearer(&world.token(json!({ "sub": sub }))).await,
            "The token's subject is missing or of a form that is not taken.",
        );
    }
}

#[tokio::test]
async fn settings_that_make_no_sense_stop_the_start() {
    let world = World::new().await;
    let refused = async |change: fn(&mut super::super::settings::IssuerSettings), production: bool| {
        let mut one = issuer();
        change(&mut one);
        let environment =
            if production { xentri_schemas::Environment::Prod } else { xentri_schemas::Environment::Local };
        let orgs =
            super::support::Orgs { known: super::super::orgs::KnownOrg { id: world.org, external_id: None } };
        let (settings, clock) = (settings(vec![one]), world.clock.clone());
        let opened = Authenticator::open(
            &settings,
            environment,
            super::support::LOOPBACK,
            std::sync::Arc::new(orgs),
            clock,
        );
        opened.await.err().expect("it should not start")
    };
    assert!(matches!(refused(|_| {}, false).await, AuthFault::OneSource(_)));
    let fault = refused(|one| one.jwks_file = Some("/no/such/keys.json".into()), false).await;
    assert!(matches!(fault, AuthFault::NoKeys { .. }), "{fault}");
    let fault = refused(|one| one.jwks_url = Some("http://issuer.test/keys".to_owned()), true).await;
    assert!(matches!(fault, AuthFault::BadUrl { .. }), "{fault}");
    let fault = refused(
        |one| {
            one.jwks_url = Some("https://issuer.test/keys".to_owned());
            one.grants = vec!["sales:read".to_owned()];
        },
        true,
    )
    .await;
    assert!(matches!(fault, AuthFault::GrantsOfUsers(_)), "{fault}");
}
