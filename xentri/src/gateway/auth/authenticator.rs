//! The way from a request to its caller.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::request::Parts;
use xentri_domain::kernel::{Actor, Caller, Clock, Grants, Principal, Service, UserId, ValidUntil};
use xentri_schemas::{Environment, ErrorKind, Problem};

use super::cache::{Proved, TokenCache};
use super::claims::Seconds;
use super::credential::{Credential, named_org};
use super::development::DevelopmentKey;
use super::identity::Identity;
use super::issuer::{Issuer, peek};
use super::key_source::KeySource;
use super::key_store::KeyStore;
use super::orgs::{self, OrgNames};
use super::origin::{self, Origin};
use super::refusal::{OriginRefused, Refusal};
use super::settings::{AuthFault, AuthSettings, IssuerSettings};

/// Cheap to clone; clones share what they know.
#[derive(Clone)]
pub(crate) struct Authenticator(Arc<Inner>);

struct Inner {
    issuers: Vec<Issuer>,
    allowed_origins: Vec<Origin>,
    leeway: f64,
    cache: TokenCache,
    orgs: Arc<dyn OrgNames>,
    clock: Arc<dyn Clock>,
}

impl Authenticator {
    /// `listen` is where the API listens: development tokens must not be taken where others could send them.
    ///
    /// Keys in files must be there; an issuer that can't be reached over the network now may be later.
    pub(crate) async fn open(
        settings: &AuthSettings,
        environment: Environment,
        listen: SocketAddr,
        orgs: Arc<dyn OrgNames>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AuthFault> {
        let mut issuers = match &settings.development_key {
            Some(path) => DevelopmentKey::of_server(path, environment, listen)?.issuers(&clock),
            None => Vec::new(),
        };
        for issuer in &settings.issuer {
            if issuers.iter().any(|other| other.name == issuer.name) {
                return Err(AuthFault::TwoOfOneName(issuer.name.clone()));
            }
            let source = KeySource::of(issuer, environment)?;
            issuers.push(open_issuer(issuer, source, &clock, settings).await?);
        }
        if issuers.is_empty() {
            tracing::warn!("no issuer is configured, so every token is refused");
        }
        Ok(Self(Arc::new(Inner {
            issuers,
            allowed_origins: settings.allowed_origins.clone(),
            leeway: settings.leeway.get().as_secs_f64(),
            cache: TokenCache::new(settings.cached_tokens),
            orgs,
            clock,
        })))
    }

    /// Problems of the kind `UNAUTHENTICATED`, and no others, are what an address can try too often.
    pub(crate) async fn authenticate(&self, parts: &Parts) -> Result<(Caller, ValidUntil), Problem> {
        let credential = Credential::find(&parts.headers)?;
        if credential.needs_origin(&parts.method, &parts.headers) {
            self.check_origin(&parts.headers)?;
        }
        let proved = self.prove(credential.token).await?;
        let named = named_org(&parts.headers)?;
        let caller = match &proved.identity {
            Identity::User { user, org, grants } => self.user(*user, org.as_deref(), grants, named).await,
            Identity::Service(service) => self.service(service, named).await,
        };
        Ok((caller?, ValidUntil(proved.expires.moment())))
    }

    /// Whether the request comes from a page that may use the session cookie.
    pub(crate) fn check_origin(&self, headers: &HeaderMap) -> Result<(), OriginRefused> {
        origin::check(&self.0.allowed_origins, headers)
    }

    async fn prove(&self, token: &str) -> Result<Arc<Proved>, Problem> {
        let inner = &*self.0;
        let now = Seconds::from(inner.clock.now());
        let hash = TokenCache::hash(token);
        if let Some(known) = inner.cache.get(&hash).await {
            if inner.still_holds(&known, now).await {
                return Ok(known);
            }
            inner.cache.forget(&hash).await;
        }
        let (header, claim) = peek(token)?;
        let by_name = |issuer: &Issuer| Some(&issuer.name) == claim.iss.as_ref();
        let issuer = inner.issuers.iter().position(by_name).ok_or(Refusal::Issuer)?;
        let proof = inner.issuers[issuer].prove(token, &header, now, inner.leeway).await?;
        let (identity, expires, generation) = proof;
        let proved = Arc::new(Proved { identity, expires, issuer, generation });
        inner.cache.keep(hash, proved.clone()).await;
        Ok(proved)
    }

    /// A user is in the org that the token names; the header can only agree.
    async fn user(
        &self,
        user: UserId,
        org: Option<&str>,
        grants: &Grants,
        named: Option<&str>,
    ) -> Result<Caller, Problem> {
        let claimed = org.ok_or_else(|| Problem::new(ErrorKind::ORG_MISSING))?;
        let org = orgs::find(&*self.0.orgs, claimed).await?;
        if named.is_some_and(|named| named != claimed && !org.is_called(named)) {
            return Err(Problem::new(ErrorKind::ORG_MISMATCH));
        }
        Ok(Caller::InOrg(Principal::new(org.id, Actor::User(user), grants.clone())))
    }

    async fn service(&self, service: &Service, named: Option<&str>) -> Result<Caller, Problem> {
        let Some(named) = named else { return Ok(Caller::Platform(service.clone())) };
        let org = orgs::find(&*self.0.orgs, named).await?;
        Ok(Caller::InOrg(service.clone().in_org(org.id)))
    }

    #[cfg(test)]
    pub(super) async fn remembered(&self) -> u64 {
        self.0.cache.len().await
    }
}

impl Inner {
    /// A token is no longer good when its issuer has taken a key away, even if it was another's: that is found out anew.
    async fn still_holds(&self, proved: &Proved, now: Seconds) -> bool {
        if proved.expires <= now {
            return false;
        }
        let current = self.issuers[proved.issuer].keys.current().await;
        current.is_some_and(|loaded| loaded.generation == proved.generation)
    }
}

async fn open_issuer(
    settings: &IssuerSettings,
    source: KeySource,
    clock: &Arc<dyn Clock>,
    auth: &AuthSettings,
) -> Result<Issuer, AuthFault> {
    if settings.name.is_empty() || settings.audience.is_empty() {
        return Err(AuthFault::Unnamed);
    }
    let grants = Issuer::grants(settings)?;
    let (is_file, from) = (source.is_file(), source.to_string());
    let max_age = auth.keys_max_age.get().max(Duration::from_secs(10));
    let keys = Arc::new(KeyStore::new(source, &settings.name, clock.clone(), max_age));
    match keys.load().await {
        Err(reason) if is_file => {
            return Err(AuthFault::NoKeys { issuer: settings.name.clone(), from, reason });
        }
        _ => {}
    }
    let (name, audience) = (settings.name.clone(), settings.audience.clone());
    Ok(Issuer { name, audience, actor: settings.actor, grants, keys })
}
