//! Whom a proved token names.

use xentri_domain::kernel::{Actor, Grant, Grants, Role, Service, Slug, UserId};

use super::claims::Claims;
use super::refusal::Refusal;
use super::settings::ActorKind;

const LONGEST_SUBJECT: usize = 255;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// `org` is what the token calls it.
    User {
        user: UserId,
        org: Option<String>,
        grants: Grants,
    },
    Service(Service),
}

impl Identity {
    /// What kind of actor it is follows from its issuer; no claim is asked.
    pub(super) fn of(
        claims: Claims,
        issuer: &str,
        kind: ActorKind,
        grants: &Grants,
    ) -> Result<Self, Refusal> {
        let sub = claims.sub.as_deref().unwrap_or_default();
        let service = |actor: fn(Slug) -> Actor| {
            let name = Slug::parse(sub).map_err(|_| Refusal::Subject)?;
            Ok(Self::Service(Service { actor: actor(name), grants: grants.clone() }))
        };
        match kind {
            ActorKind::System => service(Actor::System),
            ActorKind::Job => service(Actor::Job),
            ActorKind::Agent => service(Actor::Agent),
            ActorKind::User => {
                if sub.is_empty() || sub.len() > LONGEST_SUBJECT || sub.chars().any(char::is_control) {
                    return Err(Refusal::Subject);
                }
                let user = UserId::of(issuer, sub);
                Ok(Self::User { user, grants: grants_of_user(&claims), org: claims.org_id })
            }
        }
    }
}

/// Identity providers know roles and permissions of other systems too: those grant nothing here.
fn grants_of_user(claims: &Claims) -> Grants {
    let word = claims.org_role.as_deref().unwrap_or_default();
    let role = Role::parse(word);
    if role.is_none() {
        tracing::debug!("a token's role is not one of ours; it grants nothing");
    }
    let mut grants = role.map(Grants::from).unwrap_or_default();
    for word in claims.org_permissions.iter().flatten() {
        let Ok(grant) = Grant::parse_of_org(word) else {
            tracing::debug!("a permission in a token is not one of ours; it grants nothing");
            continue;
        };
        grants.extend([grant]);
    }
    grants
}
