//! `xentri token`: development tokens from the key in a data directory.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;
use xentri_domain::kernel::{Clock as _, Role, Slug};

use crate::cli::TokenOptions;
use crate::clock::SystemClock;
use crate::data_dir::DataDir;
use crate::gateway::auth::{DEVELOPMENT_KEY, DevelopmentKey, DevelopmentUser};

/// The line that `--json` prints for programs.
#[derive(Serialize)]
struct Printed<'a> {
    token: &'a str,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
}

pub(crate) fn run(options: &TokenOptions) -> anyhow::Result<()> {
    let key = key_of(&options.data)?;
    let now = SystemClock.now();
    let token = match (&options.service, &options.org, options.role) {
        (Some(name), ..) => key.service_token(name, now, options.ttl),
        (None, Some(org), Some(role)) => {
            let user = DevelopmentUser { sub: &options.sub, org, role, permissions: &options.permissions };
            key.user_token(&user, now, options.ttl)
        }
        _ => anyhow::bail!("a token needs --org and --role, or --service"),
    };
    let token = token.context("the token can't be signed")?;
    if !options.json {
        println!("{token}");
        return Ok(());
    }
    let service = options.service.as_ref().map(Slug::as_str);
    let printed = Printed {
        token: &token,
        expires_at: now.plus(options.ttl).context("the token would be valid for too long")?.to_string(),
        service,
        sub: service.is_none().then_some(&options.sub),
        org: options.org.as_deref(),
        role: options.role.map(Role::as_str),
    };
    println!("{}", serde_json::to_string(&printed).context("can't write JSON")?);
    Ok(())
}

/// A token with which this command line acts for a moment.
pub(crate) fn of_command_line(data: &Path) -> anyhow::Result<String> {
    let name = Slug::parse("command-line").context("the service has no name")?;
    let token = key_of(data)?.service_token(&name, SystemClock.now(), Duration::from_mins(5));
    token.context("the token can't be signed")
}

fn key_of(data: &Path) -> anyhow::Result<DevelopmentKey> {
    let path = DataDir::find(data)?.join(DEVELOPMENT_KEY);
    DevelopmentKey::read(&path).with_context(|| {
        format!("can't read {}; start `xentri up` on that directory first, as the same user", path.display())
    })
}
