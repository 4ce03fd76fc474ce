//! The command line. Every option can be given as a variable as well; `--help` names it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The backend of a business operating system: strategy, sales, invoices and website on one ledger of events.
#[derive(Debug, Parser)]
#[command(name = "xentri", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) log: LogOptions,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct LogOptions {
    /// What to log, as in "info" or "warn,xentri=debug".
    #[arg(long, env = "XENTRI_LOG", default_value = "info", global = true)]
    pub(crate) log: String,

    /// How to log: text for people, json for programs. Text on a terminal, else json.
    #[arg(long, env = "XENTRI_LOG_FORMAT", global = true)]
    pub(crate) log_format: Option<LogFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in one process, on a private Postgres that it starts and stops itself.
    Up(UpOptions),
    /// Serve the API on a database that is there and migrated.
    Serve(ServeOptions),
    /// Bring the database to this binary's schema.
    Migrate(MigrateOptions),
    /// Print every setting with its variable and its default, as a file to begin with.
    Config,
}

/// Stronger than the file. All other settings are in the file, or variables: see `xentri config`.
#[derive(Debug, Args)]
pub(crate) struct SettingsOptions {
    /// A file with settings; `xentri config` prints one to begin with.
    #[arg(long, env = "XENTRI_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Where the API listens, 127.0.0.1:8080 where nobody says otherwise; port 0 takes any free one.
    #[arg(long, env = "XENTRI_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,

    /// The database, as a server's login: see `xentri migrate --help`. `up` without it runs a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct UpOptions {
    #[command(flatten)]
    pub(crate) settings: SettingsOptions,

    /// Where the private Postgres and the secrets live.
    #[arg(long, env = "XENTRI_DATA", default_value = "xentri-data")]
    pub(crate) data: PathBuf,

    /// With a database of your own: the login that migrates it.
    #[arg(long, env = "XENTRI_MIGRATE_URL", hide_env_values = true)]
    pub(crate) migrate_url: Option<String>,

    /// The directory of Postgres's programs, instead of looking in PATH and the usual places.
    #[arg(long, env = "XENTRI_POSTGRES_BIN")]
    pub(crate) postgres_bin: Option<PathBuf>,

    /// When ready, print one line of JSON on stdout and nothing else.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    #[command(flatten)]
    pub(crate) settings: SettingsOptions,
}

/// Roles, tables, policies and functions, each step in a transaction of its own. The login must be a superuser, or own
/// the database and have CREATEROLE. Servers run as another one: `create role my_server login noinherit password '…';
/// grant xentri_app, xentri_relay, xentri_worker, xentri_auditor, xentri_analyst to my_server`, since Postgres 16 `with inherit
/// false, set true`.
#[derive(Debug, Args)]
pub(crate) struct MigrateOptions {
    /// The database, as the login that owns it.
    #[arg(long, env = "XENTRI_MIGRATE_URL", hide_env_values = true)]
    pub(crate) migrate_url: String,

    /// Only print what would run.
    #[arg(long)]
    pub(crate) plan: bool,

    /// With --plan: the whole SQL too.
    #[arg(long, requires = "plan")]
    pub(crate) sql: bool,

    /// Print one line of JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}
