//! The development key: for one machine alone.

use std::sync::Arc;
use std::time::Duration;

use xentri_domain::kernel::{Clock as _, Permission, Role, Slug};
use xentri_schemas::Environment;

use super::super::development::{NotLocal, SERVICES, USERS};
use super::super::orgs::KnownOrg;
use super::super::settings::ActorKind;
use super::super::settings::AuthFault;
use super::super::{AuthSettings, Authenticator, DevelopmentKey, DevelopmentUser};
use super::support::{LOOPBACK, Orgs, TestKey, World, settings, with_org};

const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const HOUR: Duration = Duration::from_hours(1);

struct Local {
    world: World,
    key: DevelopmentKey,
    settings: AuthSettings,
    _file: tempfile::NamedTempFile,
}

async fn local() -> Local {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), SECRET).unwrap();
    let settings = AuthSettings { development_key: Some(file.path().into()), ..settings(Vec::new()) };
    let world = World::with(&settings, TestKey::rsa()).await;
    Local { world, key: DevelopmentKey::read(file.path()).unwrap(), settings, _file: file }
}

#[tokio::test]
async fn tokens_that_it_signs_are_taken_where_it_is() {
    let Local { world, key, .. } = local().await;
    let org = world.org.to_string();
    let permissions = ["ledger:read".to_owned()];
    let user = DevelopmentUser { sub: "ada", org: &org, role: Role::Member, permissions: &permissions };
    let caller = world.bearer(&key.user_token(&user, world.clock.now(), HOUR).unwrap()).await.unwrap();
    let principal = caller.principal().unwrap();
    assert_eq!((principal.org(), principal.actor().kind()), (world.org, "user"));
    assert!(principal.allows(Permission::LEDGER_READ) && principal.allows(Permission::SALES_WRITE));

    let name = Slug::parse("command-line").unwrap();
    let token = key.service_token(&name, world.clock.now(), HOUR).unwrap();
    let (caller, _) = world.authenticator.authenticate(&with_org(&token, &org)).await.unwrap();
    assert_eq!(caller.actor().to_string(), "system:command-line");
    assert!(caller.principal().unwrap().allows(Permission::PLATFORM_OPERATE));

    let other = World::new().await;
    World::assert_refused(other.bearer(&token).await, "The token's issuer is not known.");
}

#[tokio::test]
async fn a_users_token_can_not_be_passed_off_as_a_services() {
    let Local { world, key, .. } = local().await;
    let user = DevelopmentUser { sub: "ada", org: "x", role: Role::Owner, permissions: &[] };
    let token = key.user_token(&user, world.clock.now(), HOUR).unwrap();
    let mut parts: Vec<&str> = token.split('.').collect();
    let claims = data_encoding::BASE64URL_NOPAD.decode(parts[1].as_bytes()).unwrap();
    let claims = String::from_utf8(claims).unwrap().replace(USERS, SERVICES);
    let forged = data_encoding::BASE64URL_NOPAD.encode(claims.as_bytes());
    parts[1] = &forged;
    World::assert_refused(world.bearer(&parts.join(".")).await, "The token's signature is not right.");
}

#[tokio::test]
async fn it_is_refused_elsewhere_than_on_a_local_loopback() {
    let Local { world, settings, _file, .. } = local().await;
    let open = async |environment, listen: &str| {
        let orgs = Orgs { known: KnownOrg { id: world.org, external_id: None } };
        let listen = listen.parse().unwrap();
        let opened = Authenticator::open(&settings, environment, listen, Arc::new(orgs), world.clock.clone());
        opened.await.err().map(|fault| match fault {
            AuthFault::NotLocal(why) => why,
            other => panic!("{other}"),
        })
    };
    for good in ["127.0.0.1:80", "[::1]:80", "127.3.2.1:80", "[::ffff:127.0.0.1]:80"] {
        assert_eq!(open(Environment::Local, good).await, None, "{good}");
    }
    for other in ["0.0.0.0:80", "[::]:80", "10.0.0.1:80"] {
        assert_eq!(open(Environment::Local, other).await, Some(NotLocal::Address(other.parse().unwrap())));
    }
    for elsewhere in [Environment::Staging, Environment::Prod] {
        assert_eq!(open(elsewhere, &LOOPBACK.to_string()).await, Some(NotLocal::Environment));
    }
}

#[tokio::test]
async fn a_key_that_is_missing_or_cut_off_stops_the_start() {
    let Local { world, settings, _file: file, .. } = local().await;
    let open = async || {
        let orgs = Orgs { known: KnownOrg { id: world.org, external_id: None } };
        let clock = world.clock.clone();
        Authenticator::open(&settings, Environment::Local, LOOPBACK, Arc::new(orgs), clock).await.err()
    };
    assert!(open().await.is_none());
    std::fs::write(file.path(), "short").unwrap();
    assert!(matches!(open().await, Some(AuthFault::NoDevelopmentKey { .. })));
    file.close().unwrap();
    assert!(matches!(open().await, Some(AuthFault::NoDevelopmentKey { .. })));
}

#[tokio::test]
async fn its_issuers_names_are_nobody_elses() {
    let Local { world, settings, _file, .. } = local().await;
    let mut twice = settings.clone();
    let mut issuer = super::support::issuer();
    (issuer.name, issuer.actor) = (SERVICES.to_owned(), ActorKind::System);
    twice.issuer.push(issuer);
    let orgs = Orgs { known: KnownOrg { id: world.org, external_id: None } };
    let opened =
        Authenticator::open(&twice, Environment::Local, LOOPBACK, Arc::new(orgs), world.clock.clone()).await;
    assert!(matches!(opened.err(), Some(AuthFault::TwoOfOneName(_))));
}
