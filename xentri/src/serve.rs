//! `xentri serve`, and the serving that `xentri up` shares with it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use tokio::net::TcpListener;
use tokio::time::timeout;
use xentri_commands::{DispatchSettings, Dispatcher};
use xentri_ledger::{Ledger, LedgerSettings, MasterKeys, ShardMap};
use xentri_migrations::LoginFault;
use xentri_query_api::{OrgHeads, graphql};
use xentri_schemas::Environment;
use xentri_workers::rebuild::Orders;

use crate::admin::{self, Admin};
use crate::background::Background;
use crate::cli::{BesideOptions, DATA, ServeOptions, SettingsOptions};
use crate::clock::SystemClock;
use crate::config::{ConfigError, Secret, Settings};
use crate::data_dir::{DataDir, SETTINGS};
use crate::gateway::{self, Authenticator, Health, Routes, Server};
use crate::metrics::Metrics;
use crate::open_files;
use crate::operators;
use crate::shutdown::Shutdown;

/// What is still being answered gets this long once a stop is asked for. Only then end the work in the background, the ledger and
/// a Postgres of our own, one after the other: whoever stops the process has to allow for all of them.
const DRAIN: Duration = Duration::from_secs(5);

/// What was answered is in the ledger already; nobody waits for the rest any more.
const CLOSE: Duration = Duration::from_secs(3);

pub(crate) async fn run(options: ServeOptions) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signal()?;
    let alone = options.alone;
    let settings = settings(options.settings)?;
    let map = settings.shard_map()?.ok_or(ConfigError::NoDatabase)?;
    let keys = Arc::new(settings.master_keys()?.ok_or(ConfigError::NoMasterKey)?);
    let listener = listen(settings.listen).await?;
    let admin = Admin::bind(&settings).await?;
    refuse_privileged_logins(&map).await?;
    tracing::info!(api = %url(&listener)?, "serving");
    serve(listener, &settings, Parts { map, keys, alone, admin }, &shutdown).await
}

/// Options over variables over the file.
pub(crate) fn settings(options: SettingsOptions) -> Result<Settings, ConfigError> {
    let mut settings = Settings::load(options.config.as_deref())?;
    if let Some(listen) = options.listen {
        settings.listen = listen;
    }
    // A variable that is set to nothing is not set.
    if let Some(url) = options.database_url.filter(|url| !url.is_empty()) {
        settings.database_url = Some(Secret::new(url));
    }
    Ok(settings)
}

/// Those that are named, or else those that an `xentri up` has left in its data directory.
pub(crate) fn settings_beside(options: BesideOptions) -> anyhow::Result<Settings> {
    let BesideOptions { settings: mut named, data } = options;
    let names_database = named.database_url.as_deref().is_some_and(|url| !url.is_empty());
    if named.config.is_none() && (data.is_some() || !names_database) {
        let left = DataDir::find(data.as_deref().unwrap_or(Path::new(DATA)))?.join(SETTINGS);
        if left.is_file() {
            named.config = Some(left);
        } else if data.is_some() {
            bail!("{} is not there; start `xentri up` on that directory first", left.display());
        }
    }
    Ok(settings(named)?)
}

pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("can't listen on {address}; name a free address with --listen, port 0 takes any free port")
    })
}

pub(crate) fn url(listener: &TcpListener) -> anyhow::Result<String> {
    Ok(format!("http://{}", listener.local_addr().context("the listener has no address")?))
}

/// Row-level security is the last wall between two orgs; a server does not start where its login could step around it.
pub(crate) async fn refuse_privileged_logins(map: &ShardMap) -> anyhow::Result<()> {
    refuse_logins(map, |_| true).await
}

/// The same for whoever only looks: a login may do less than a server's.
pub(crate) async fn refuse_powerful_logins(map: &ShardMap) -> anyhow::Result<()> {
    refuse_logins(map, |fault| !matches!(fault, LoginFault::CannotBecome { .. })).await
}

async fn refuse_logins(map: &ShardMap, counts: impl Fn(&LoginFault) -> bool) -> anyhow::Result<()> {
    for database in map.databases() {
        let mut connection = xentri_migrations::connect(&database.url).await?;
        let faults =
            xentri_migrations::check_login(&mut connection).await.context("the login can't be checked")?;
        let faults: Vec<String> =
            faults.iter().filter(|fault| counts(fault)).map(ToString::to_string).collect();
        if !faults.is_empty() {
            bail!("{}; make a login for servers as `xentri migrate --help` shows", faults.join("; "));
        }
    }
    Ok(())
}

/// What a server stands on.
pub(crate) struct Parts {
    pub(crate) map: ShardMap,
    pub(crate) keys: Arc<MasterKeys>,
    /// Without what happens behind the API.
    pub(crate) alone: bool,
    pub(crate) admin: Option<Admin>,
}

/// Serves until a stop is asked for, then finishes what was begun: first the requests, then what they have left to append.
pub(crate) async fn serve(
    listener: TcpListener,
    settings: &Settings,
    parts: Parts,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let Parts { map, keys, alone, admin } = parts;
    let deadline = settings.commands.deadline.get();
    let ledger = Ledger::open(map.clone(), keys, &LedgerSettings::default().with_patience(deadline))?;
    let health = Health::new(&map, Some(ledger.clone())).context("the database URL can't be read")?;
    let environment = settings.environment.unwrap_or(Environment::Prod);
    let address = listener.local_addr().context("the listener has no address")?;
    let orgs = Arc::new(ledger.directory().clone());
    let clock = Arc::new(SystemClock);
    let authenticator =
        Authenticator::open(&settings.auth, environment, address, orgs, clock.clone()).await?;
    let dispatcher =
        Dispatcher::new(ledger.clone(), clock.clone(), DispatchSettings { environment, deadline });
    let metrics = Metrics::new();
    metrics.watch_ledger(&ledger, &dispatcher);
    let admin = admin.map(|admin| admin.start(metrics.clone(), health.clone(), settings, shutdown));
    let background = if alone {
        None
    } else {
        Some(Background::start(&ledger, &dispatcher, settings, &metrics, shutdown)?)
    };
    let (reads, sockets) = reads(&ledger, clock, settings, shutdown);
    metrics.watch_sockets(sockets.stats());
    let routes = Routes {
        health: gateway::health(health.clone()),
        open: open(environment),
        protected: xentri_commands::rest::router(dispatcher)
            .merge(reads)
            .merge(operators::router(Orders::new(ledger.databases().clone()))),
        sockets: Some(sockets.clone()),
    };
    let app = gateway::app(routes, authenticator, settings, metrics.requests());
    let server = Server::new(&settings.http, open_files::left_for_clients(), DRAIN);
    gateway::serve(listener, app, server, shutdown).await;
    sockets.ended(CLOSE).await;
    if let Some(background) = background {
        background.end().await;
    }
    admin::ended(admin).await;
    close(&ledger, &health).await;
    Ok(())
}

async fn close(ledger: &Ledger, health: &Health) {
    let closed = async { tokio::join!(ledger.close(), health.close()) };
    if timeout(CLOSE, closed).await.is_err() {
        tracing::warn!(seconds = CLOSE.as_secs(), "stopped with commands still on their way");
    }
}

/// For everybody, without a token. Where strangers are, so is no page to try things out on.
fn open(environment: Environment) -> Router {
    let open = xentri_commands::open::router().merge(xentri_query_api::rest::open_router());
    if environment == Environment::Local { open.merge(xentri_query_api::graphiql::router()) } else { open }
}

/// By GraphQL, over plain HTTP, and over sockets.
fn reads(
    ledger: &Ledger,
    clock: Arc<SystemClock>,
    settings: &Settings,
    shutdown: &Shutdown,
) -> (Router, graphql::Sockets) {
    let heads = OrgHeads::new(ledger.databases());
    let queries = graphql::Reads::new(ledger.clone(), clock.clone(), settings.graphql.settings());
    let plain = xentri_query_api::rest::router(xentri_query_api::rest::Parts {
        ledger: ledger.clone(),
        clock,
        queries: queries.clone(),
        heads: heads.clone(),
        streams_per_org: settings.rate_limit.streams_per_org as usize,
        stop: shutdown.flag(),
    });
    let subscriptions = settings.subscriptions.settings(&settings.rate_limit);
    let sockets = graphql::Sockets::new(queries.clone(), heads, subscriptions, shutdown.flag());
    (graphql::router(queries).merge(plain), sockets)
}
