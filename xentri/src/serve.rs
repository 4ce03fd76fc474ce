//! `xentri serve`, and the serving that `xentri up` shares with it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;

use crate::cli::ServeOptions;
use crate::health;
use crate::shutdown::Shutdown;

/// What is still being answered gets this long once a stop is asked for. With what ending Postgres takes it stays below
/// 20 s, which is sooner than those who stop processes lose patience.
const DRAIN: Duration = Duration::from_secs(5);

pub(crate) async fn run(options: ServeOptions) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signal()?;
    let listener = listen(options.listen).await?;
    refuse_privileged_login(&options.database_url).await?;
    tracing::info!(api = %url(&listener)?, "serving");
    serve(listener, &options.database_url, &shutdown).await
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
pub(crate) async fn refuse_privileged_login(database_url: &str) -> anyhow::Result<()> {
    let mut connection = xentri_migrations::connect(database_url).await?;
    let faults =
        xentri_migrations::check_login(&mut connection).await.context("the login can't be checked")?;
    if !faults.is_empty() {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        bail!("{}; make a login for servers as `xentri migrate --help` shows", faults.join("; "));
    }
    Ok(())
}

/// Serves until a stop is asked for, then finishes what was begun.
pub(crate) async fn serve(
    listener: TcpListener,
    database_url: &str,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let database = PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(2))
        .connect_lazy(database_url)
        .context("the database URL can't be read")?;
    let stop = shutdown.clone();
    let api = axum::serve(listener, health::router(database.clone()))
        .with_graceful_shutdown(async move { stop.requested().await });
    let drained = async {
        shutdown.requested().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = api.into_future() => served.context("the API stopped")?,
        () = drained => tracing::warn!(seconds = DRAIN.as_secs(), "stopped with requests still open"),
    }
    database.close().await;
    Ok(())
}
