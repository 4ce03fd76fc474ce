//! The command line. Every option can be given as a variable as well; `--help` names it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use xentri_domain::kernel::{Grant, OrgId, Role, Slug};
use xentri_domain::org::ExternalId;
use xentri_ledger::PublicKey;
use xentri_schemas::LOG_TOPIC;

/// Where `xentri up` has its data, where nobody says otherwise.
pub(crate) const DATA: &str = "xentri-data";

use crate::audit::AuditCommand;
use crate::dlq::DlqCommand;
use crate::rebuild::RebuildOptions;
use crate::replay::ReplayOptions;

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
    /// Serve the API on a database that is there and migrated, and do all that happens behind it.
    Serve(ServeOptions),
    /// Only send events to Kafka: beside others, or instead of what `serve` does of it.
    Relay(RoleOptions),
    /// Only keep read models up to date and react to events.
    Work(RoleOptions),
    /// Only run the jobs: what is due, and what is not needed any more.
    Schedule(RoleOptions),
    /// The topics in Kafka.
    #[command(subcommand)]
    Topics(TopicsCommand),
    /// Say how everything does: the database, Kafka, and how far events have come in each shard.
    Status(StatusOptions),
    /// Bring the database to this binary's schema.
    Migrate(MigrateOptions),
    /// Print every setting with its variable and its default, as a file to begin with.
    Config,
    /// Proof that the ledger is what was recorded, and what it tells: verified, signed, exported, read.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// What is rarely done to the ledger itself.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Make read models anew from the ledger while everybody reads on.
    Rebuild(Box<RebuildOptions>),
    /// Parked events: those that a read model or a reactor could not take.
    #[command(subcommand)]
    Dlq(DlqCommand),
    /// Write a read model into a file, as it is or as it was at a moment, made of the ledger alone.
    Replay(Box<ReplayOptions>),
    /// Orgs of a running server.
    #[command(subcommand)]
    Org(OrgCommand),
    /// Print a development token for the server that runs on a data directory.
    Token(TokenOptions),
}

/// Stronger than the file. All other settings are in the file, or variables: see `xentri config`.
#[derive(Debug, Default, Args)]
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
    #[arg(long, env = "XENTRI_DATA", default_value = DATA)]
    pub(crate) data: PathBuf,

    /// With a database of your own: the login that migrates it.
    #[arg(long, env = "XENTRI_MIGRATE_URL", hide_env_values = true)]
    pub(crate) migrate_url: Option<String>,

    /// The directory of Postgres's programs, instead of looking in PATH and the usual places.
    #[arg(long, env = "XENTRI_POSTGRES_BIN")]
    pub(crate) postgres_bin: Option<PathBuf>,

    /// Brokers of Kafka for where the settings name none: `make up` names the one that it has started.
    #[arg(long, env = "XENTRI_UP_KAFKA", value_name = "BROKERS")]
    pub(crate) kafka: Option<String>,

    /// Begin with demo data: three companies and a year of their business. Where there are orgs already, nothing is added.
    #[arg(long)]
    pub(crate) demo: bool,

    /// When ready, print one line of JSON on stdout and nothing else.
    #[arg(long)]
    pub(crate) json: bool,
}

/// As many may run as one likes: they share the work, and whoever is left takes over within seconds.
#[derive(Debug, Args)]
pub(crate) struct RoleOptions {
    #[command(flatten)]
    pub(crate) settings: SettingsOptions,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TopicsCommand {
    /// Make those that are missing, and say what is there.
    Apply(TopicsOptions),
    /// Say what is there.
    List(TopicsOptions),
    /// Print the messages of a topic as they come, a line each; heartbeats are left out.
    Watch(WatchOptions),
}

/// Whose settings a command goes by that runs beside a server.
#[derive(Debug, Default, Args)]
pub(crate) struct BesideOptions {
    #[command(flatten)]
    pub(crate) settings: SettingsOptions,

    /// The data directory of an `xentri up`, to go by its settings where --config names no others; xentri-data, if it is there
    /// and neither --config nor `DATABASE_URL` is given.
    #[arg(long, env = "XENTRI_DATA")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct TopicsOptions {
    #[command(flatten)]
    pub(crate) beside: BesideOptions,

    /// Print one line of JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WatchOptions {
    #[command(flatten)]
    pub(crate) beside: BesideOptions,

    /// The topic, with or without the prefix of all names.
    #[arg(default_value = LOG_TOPIC)]
    pub(crate) topic: String,

    /// Begin with the oldest message that is there, not with the next one that comes.
    #[arg(long)]
    pub(crate) from_beginning: bool,

    /// Stop at what is there now.
    #[arg(long)]
    pub(crate) until_end: bool,

    /// Print each message whole, as a line of JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    #[command(flatten)]
    pub(crate) beside: BesideOptions,

    /// Print one line of JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Go on after a restore to an earlier point: what is numbered again is told from what was lost.
    NewEpoch(NewEpochOptions),
}

/// After the restore and before any process is started again, all of which have to be stopped before it: what one keeps in memory may
/// never have happened. May be repeated; each time another epoch begins.
#[derive(Debug, Args)]
pub(crate) struct NewEpochOptions {
    #[command(flatten)]
    pub(crate) beside: BesideOptions,

    /// The database, as the login that migrates it; one for each database, in their order. Without it the private Postgres of
    /// `xentri up` is started for as long as it takes.
    #[arg(long = "migrate-url", env = "XENTRI_MIGRATE_URL", hide_env_values = true, value_delimiter = ',')]
    pub(crate) migrate_urls: Vec<String>,

    /// A public key that checkpoints are signed with, where it is not that of the ledger's own signing key.
    #[arg(long = "public-key", env = "XENTRI_AUDIT_PUBLIC_KEY", value_name = "HEX", value_delimiter = ',')]
    pub(crate) public_keys: Vec<PublicKey>,

    /// The directory of Postgres's programs, instead of looking in PATH and the usual places.
    #[arg(long, env = "XENTRI_POSTGRES_BIN")]
    pub(crate) postgres_bin: Option<PathBuf>,

    /// Print one line of JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    #[command(flatten)]
    pub(crate) settings: SettingsOptions,

    /// Serve the API and nothing else: `relay`, `work` and `schedule` run in processes of their own.
    #[arg(long)]
    pub(crate) alone: bool,
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

/// It is taken by that server alone, in the environment local and on a loopback address.
#[derive(Debug, Args)]
pub(crate) struct TokenOptions {
    /// The data directory of `xentri up`; its key is read, its lock is not needed.
    #[arg(long, env = "XENTRI_DATA", default_value = DATA)]
    pub(crate) data: PathBuf,

    /// The org that the user is in: its id, or what an identity provider calls it.
    #[arg(long, value_parser = org_name, required_unless_present = "service")]
    pub(crate) org: Option<String>,

    /// What the user is there: owner, admin, member, auditor, analyst or integrator.
    #[arg(long, value_parser = role, required_unless_present = "service")]
    pub(crate) role: Option<Role>,

    /// Who the user is.
    #[arg(long, default_value = "developer", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) sub: String,

    /// A permission that is added to the role, as in "ledger:read"; may be repeated.
    #[arg(long = "permission", value_name = "WORD", value_parser = permission)]
    pub(crate) permissions: Vec<String>,

    /// Not a user but a service of that name, which may do everything; it names its org by the header `x-org-id`.
    #[arg(long, value_name = "NAME", value_parser = Slug::parse, conflicts_with_all = ["org", "role", "sub", "permissions"])]
    pub(crate) service: Option<Slug>,

    /// How long it is valid, as in 90s, 30m, 1h or 7d.
    #[arg(long, default_value = "1h", value_parser = duration)]
    pub(crate) ttl: Duration,

    /// Print one line of JSON instead of the token alone.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrgCommand {
    /// Make an org.
    Create(Box<OrgCreateOptions>),
}

/// Without a token of your own it needs the data directory of a running `xentri up`.
#[derive(Debug, Args)]
pub(crate) struct OrgCreateOptions {
    /// What the org is called.
    #[arg(long)]
    pub(crate) name: String,

    /// Decides on which day something happens, as in Europe/Madrid.
    #[arg(long)]
    pub(crate) time_zone: String,

    /// For new invoices that name none, as in EUR.
    #[arg(long)]
    pub(crate) currency: String,

    /// en or es.
    #[arg(long, default_value = "en")]
    pub(crate) language: String,

    /// Begins every invoice number; INV when left out.
    #[arg(long)]
    pub(crate) invoice_prefix: Option<String>,

    /// What the identity provider calls the org.
    #[arg(long)]
    pub(crate) external_id: Option<String>,

    /// A UUID of version 7; the server makes one when it is left out.
    #[arg(long)]
    pub(crate) id: Option<OrgId>,

    /// The address of the API; that of the `xentri up` on the data directory when left out.
    #[arg(long, env = "XENTRI_API")]
    pub(crate) api: Option<String>,

    /// The data directory of `xentri up`.
    #[arg(long, env = "XENTRI_DATA", default_value = DATA)]
    pub(crate) data: PathBuf,

    /// A service's token; a development token of the data directory when left out.
    #[arg(long, env = "XENTRI_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,

    /// Print one line of JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

fn role(raw: &str) -> Result<Role, String> {
    let words = || Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
    Role::parse(raw).ok_or_else(|| format!("expected one of {}", words()))
}

/// Ids are external ids by their letters, too.
fn org_name(raw: &str) -> Result<String, String> {
    ExternalId::parse(raw).map(|name| name.as_str().to_owned()).map_err(|error| error.to_string())
}

fn permission(raw: &str) -> Result<String, String> {
    Grant::parse_of_org(raw).map(|_| raw.to_owned()).map_err(|error| error.to_string())
}

pub(crate) fn duration(raw: &str) -> Result<Duration, String> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
    let parsed = units.iter().find_map(|(unit, seconds)| {
        let number: u32 = raw.strip_suffix(unit)?.parse().ok()?;
        (number > 0).then(|| Duration::from_secs(u64::from(number) * seconds))
    });
    parsed.ok_or_else(|| "expected something like 90s, 30m, 1h or 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Duration, duration};

    #[test]
    fn durations() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("7d"), Ok(Duration::from_hours(7 * 24)));
        for bad in ["", "h", "0h", "1", "-1h", "1.5h", "1w", "1 h"] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }
}
