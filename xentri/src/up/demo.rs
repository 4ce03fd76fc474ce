//! Demo data in an installation that has nothing yet, and tokens for those who want to look at it.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;
use xentri_domain::kernel::{Clock as _, Role};
use xentri_ledger::{Ledger, LedgerSettings, MasterKeys, ShardMap};
use xentri_schemas::Environment;

use crate::clock::SystemClock;
use crate::config::Settings;
use crate::data_dir::{DataDir, write_private};
use crate::demo::{self, DemoOrg, ORGS};
use crate::gateway::auth::{DevelopmentKey, DevelopmentUser};

/// The file in the data directory that says how far the demo has come.
const STATE: &str = "demo";
const LOADING: &str = "loading";
const LOADED: &str = "loaded";

/// Long enough for a day's look around.
const TOKENS_LAST: Duration = Duration::from_hours(24);

/// A company of the demo, as `--json` tells it.
#[derive(Debug, Serialize)]
pub(super) struct OrgWithTokens {
    pub(super) id: String,
    pub(super) name: &'static str,
    /// By role. None where this installation takes no development tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tokens: Option<BTreeMap<&'static str, String>>,
}

impl OrgWithTokens {
    pub(super) fn token(&self, role: Role) -> Option<&str> {
        self.tokens.as_ref()?.get(role.as_str()).map(String::as_str)
    }
}

/// Those of the demo. None where the installation has orgs of its own instead.
pub(super) async fn orgs(
    map: &ShardMap,
    keys: &Arc<MasterKeys>,
    settings: &Settings,
    data: &DataDir,
) -> anyhow::Result<Option<Vec<OrgWithTokens>>> {
    let environment = settings.environment.unwrap_or(Environment::Local);
    let ledger = Ledger::open(map.clone(), keys.clone(), &LedgerSettings::default())?;
    let there = load_once(&ledger, environment, &data.path().join(STATE)).await;
    ledger.close().await;
    if !there? {
        tracing::info!("there are orgs already, so no demo data was added");
        return Ok(None);
    }
    let key = settings.auth.development_key.as_deref().map(DevelopmentKey::read).transpose()?;
    ORGS.iter().map(|org| with_tokens(org, key.as_ref())).collect::<anyhow::Result<_>>().map(Some)
}

/// Whether the demo is there. One that was interrupted is gone on with, because what it had begun is its own.
async fn load_once(ledger: &Ledger, environment: Environment, state: &Path) -> anyhow::Result<bool> {
    let known = match fs::read_to_string(state) {
        Ok(known) => Some(known),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("can't read {}", state.display())),
    };
    match known.as_deref() {
        Some(LOADED) => return Ok(true),
        Some(_) => {}
        None if demo::has_orgs(ledger).await? => return Ok(false),
        None => write_private(state, LOADING)?,
    }
    demo::load(ledger, environment).await?;
    write_private(state, LOADED)?;
    Ok(true)
}

fn with_tokens(org: &DemoOrg, key: Option<&DevelopmentKey>) -> anyhow::Result<OrgWithTokens> {
    let id = org.id().to_string();
    let token = |key: &DevelopmentKey, role: Role| {
        let user = DevelopmentUser { sub: role.as_str(), org: &id, role, permissions: &[] };
        let token = key.user_token(&user, SystemClock.now(), TOKENS_LAST);
        Ok((role.as_str(), token.context("a token can't be signed")?))
    };
    let all = |key| Role::ALL.iter().map(|role| token(key, *role)).collect::<anyhow::Result<_>>();
    let tokens = key.map(all).transpose()?;
    Ok(OrgWithTokens { id, name: org.name, tokens })
}
