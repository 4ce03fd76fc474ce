//! Users: who they are, what they may, and how long.

use std::time::Duration;

use serde_json::json;
use xentri_domain::kernel::{Actor, Caller, Permission, UserId};

use super::support::{AUDIENCE, EXTERNAL, ISSUER, World, with_org};

#[tokio::test]
async fn a_user_is_who_issuer_and_subject_say_with_the_grants_of_the_role() {
    let world = World::new().await;
    let token = world.token(json!({ "org_role": "member" }));
    for _ in 0..2 {
        let Ok(Caller::InOrg(principal)) = world.bearer(&token).await else { panic!("refused") };
        assert_eq!(principal.org(), world.org);
        assert_eq!(principal.actor(), &Actor::User(UserId::of(ISSUER, "user_9x")));
        assert!(principal.allows(Permission::SALES_WRITE) && !principal.allows(Permission::FINANCE_ISSUE));
    }
    assert_eq!(world.authenticator.remembered().await, 1);
}

#[tokio::test]
async fn permissions_of_the_token_add_to_the_role_and_words_of_others_grant_nothing() {
    let world = World::new().await;
    let words = ["finance:issue", "org:sys_memberships:read", "platform:*", "platform:operate", ""];
    for role in [json!("member"), json!("org:member"), json!(null)] {
        let token = world.token(json!({ "org_role": role, "org_permissions": words }));
        let Ok(Caller::InOrg(principal)) = world.bearer(&token).await else { panic!("refused") };
        assert!(principal.allows(Permission::FINANCE_ISSUE), "{role}");
        assert!(!principal.allows(Permission::PLATFORM_OPERATE), "{role}");
        assert_eq!(principal.allows(Permission::SALES_WRITE), role == "member", "{role}");
    }
}

#[tokio::test]
async fn an_org_is_named_by_its_id_or_by_what_the_provider_calls_it() {
    let world = World::new().await;
    let id = world.org.to_string();
    for claimed in [id.as_str(), EXTERNAL] {
        let token = world.token(json!({ "org_id": claimed }));
        for named in [id.as_str(), &id.to_uppercase(), EXTERNAL] {
            let (caller, _) = world.authenticator.authenticate(&with_org(&token, named)).await.unwrap();
            assert_eq!(caller.principal().unwrap().org(), world.org, "{claimed} {named}");
        }
    }
}

#[tokio::test]
async fn a_missing_an_unknown_and_another_org_are_told_apart() {
    let world = World::new().await;
    let refused = async |token: String, named: Option<&str>| {
        let parts = named.map_or_else(|| super::support::with_bearer(&token), |org| with_org(&token, org));
        world.authenticator.authenticate(&parts).await.unwrap_err().kind.code
    };
    assert_eq!(refused(world.token(json!({ "org_id": null })), None).await, "ORG_MISSING");
    assert_eq!(refused(world.token(json!({ "org_id": null })), Some(EXTERNAL)).await, "ORG_MISSING");
    for unknown in ["0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a", "org_other", "", "a b"] {
        assert_eq!(
            refused(world.token(json!({ "org_id": unknown })), None).await,
            "ORG_UNKNOWN",
            "{unknown}"
        );
    }
    for other in ["0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a", "org_other", "", "a b"] {
        assert_eq!(refused(world.token(json!({})), Some(other)).await, "ORG_MISMATCH", "{other}");
    }
}

#[tokio::test]
async fn a_token_is_good_from_its_beginning_to_its_end_give_or_take_the_leeway() {
    let world = World::new().await;
    let now = world.seconds();
    for good in [
        json!({ "exp": now - 29 }),
        json!({ "exp": now + 1, "nbf": now + 30, "iat": now + 30 }),
        json!({ "exp": 9e300 }),
        json!({ "exp": f64::from(u32::try_from(now).unwrap()) + 0.5, "iat": null }),
        json!({ "aud": ["other", AUDIENCE] }),
    ] {
        assert!(world.bearer(&world.token(good.clone())).await.is_ok(), "{good}");
    }
    for (bad, detail) in [
        (json!({ "exp": now - 30 }), "The token has expired."),
        (json!({ "exp": -1 }), "The token has expired."),
        (json!({ "exp": null }), "The token has no expiry."),
        (json!({ "exp": "tomorrow" }), "The token can't be read."),
        (json!({ "nbf": now + 31 }), "The token is not valid yet."),
        (json!({ "iat": now + 31 }), "The token was issued in the future."),
        (json!({ "aud": "other" }), "The token is for another audience."),
        (json!({ "aud": [] }), "The token is for another audience."),
        (json!({ "aud": null }), "The token is for another audience."),
        (json!({ "iss": "https://other.test" }), "The token's issuer is not known."),
        (json!({ "iss": null }), "The token's issuer is not known."),
        (json!({ "sub": null }), "The token's subject is missing or of a form that is not taken."),
        (json!({ "sub": "" }), "The token's subject is missing or of a form that is not taken."),
        (json!({ "sub": "a\nb" }), "The token's subject is missing or of a form that is not taken."),
        (json!({ "sub": "a".repeat(256) }), "The token's subject is missing or of a form that is not taken."),
    ] {
        World::assert_refused(world.bearer(&world.token(bad)).await, detail);
    }
}

#[tokio::test]
async fn a_remembered_token_is_forgotten_when_it_expires() {
    let world = World::new().await;
    let token = world.token(json!({}));
    assert!(world.bearer(&token).await.is_ok());
    world.advance(Duration::from_secs(3600 + 29));
    assert!(world.bearer(&token).await.is_ok());
    world.advance(Duration::from_secs(1));
    World::assert_refused(world.bearer(&token).await, "The token has expired.");
    assert_eq!(world.authenticator.remembered().await, 0);
}

#[tokio::test]
async fn a_caller_is_believed_until_the_token_ends_the_leeway_counted_in() {
    let world = World::new().await;
    let token = world.token(json!({}));
    let exp = world.claims()["exp"].as_i64().unwrap();
    let (_, until) = world.authenticator.authenticate(&super::support::with_bearer(&token)).await.unwrap();
    let leeway = until.0.as_micros() - exp * 1_000_000;
    assert_eq!(leeway, 30_000_000, "the default leeway");
    world.advance(Duration::from_secs(3600 + 29));
    assert!(world.bearer(&token).await.is_ok());
    world.advance(Duration::from_secs(2));
    assert!(world.bearer(&token).await.is_err());
}
