//! All settings.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use xentri_query_api::graphql::{GraphqlSettings, SubscriptionSettings};
use xentri_schemas::Environment;

use super::kafka::Kafka;
use super::section::{Setting, section};
use super::values::{AdminListen, Secret, Span};
use crate::gateway::AuthSettings;

section! {
    /// Settings of Xentri. A file like this one is named by `--config` or `XENTRI_CONFIG`. Every setting is a variable too,
    /// named above it, which is stronger than the file; lists in variables have commas. Options of the command line are
    /// stronger than both.
    Settings {
        /// Where the API listens; port 0 takes any free one.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
        /// What every event says of this installation: local, staging or prod. Without it `xentri up` is local and all else
        /// prod.
        environment: Option<Environment> = None,
        /// The database, as the server's own login. `xentri up` without one runs its own.
        database_url: Option<Secret> = None,
        /// Base64 of 32 bytes, several with commas: the first is in use. Whoever has it can read all personal data; when it is
        /// lost, nobody can. `xentri up` makes one in its data directory where none is named.
        master_key: Option<Secret> = None,
        /// Instead: a file with a master key on each line, which only its owner may read.
        master_key_file: Option<PathBuf> = None,
        /// Instead of `database_url`: several databases and which shards each has. The first keeps the directory of orgs.
        database: Vec<Database> = Vec::new(),
        /// Connections and requests.
        http: Http = Http::default(),
        /// Who callers are.
        auth: AuthSettings = AuthSettings::default(),
        /// Browsers of other origins.
        cors: Cors = Cors::default(),
        /// Who may send how much.
        rate_limit: RateLimits = RateLimits::default(),
        /// Writing.
        commands: Commands = Commands::default(),
        /// Reading.
        graphql: Graphql = Graphql::default(),
        /// Being told of what is new.
        subscriptions: Subscriptions = Subscriptions::default(),
        /// Kafka.
        kafka: Kafka = Kafka::default(),
        /// For those who run the system.
        admin: Admin = Admin::default(),
        /// For those who audit it.
        audit: Audit = Audit::default(),
    }
}

section! {
    /// Connections and requests: nobody may take so much of them that others get none.
    Http {
        /// The most connections, as far as the system lets us have so many files open; more wait until one is closed.
        connections: usize = 10_000,
        /// The most requests that are worked on; more are answered 503 OVERLOADED.
        requests: usize = 2048,
        /// How long a client may take for the head of a request.
        head_timeout: Span = Span::seconds(15),
        /// How long a connection may wait for its next request. Longer than proxies keep theirs, so that it is they who close
        /// them.
        idle_timeout: Span = Span::seconds(75),
        /// How long a client may take nothing of an answer.
        answer_pause: Span = Span::seconds(30),
        /// The most headers of a request.
        headers: usize = 100,
        /// The most bytes of all headers of a request.
        headers_bytes: usize = 32 * 1024,
        /// The most bytes of a body.
        body_bytes: usize = 1024 * 1024,
        /// How long a body may make no progress.
        body_pause: Span = Span::seconds(10),
        /// How long a whole body may take.
        body_timeout: Span = Span::seconds(60),
        /// The most bytes of all bodies that are held at once; what comes on top is answered 503 OVERLOADED.
        bodies_bytes: usize = 256 * 1024 * 1024,
        /// How long a request may be worked on, once its body is there. Longer than the ledger takes to learn what became of a
        /// command.
        request_timeout: Span = Span::seconds(30),
        /// Networks of proxies whose `X-Forwarded-For` is believed, like `10.0.0.0/8` or `::1/128`. Of all others the address
        /// is the connection's.
        trusted_proxies: Vec<IpNet> = Vec::new(),
        /// Tell browsers to come by HTTPS only, for a year. For installations behind a proxy that speaks it.
        hsts: bool = false,
    }
}

section! {
    /// Browsers of other origins: none may read our answers unless it is listed.
    Cors {
        /// As in `https://app.example.com`; `*` is any, and goes only without credentials.
        origins: Vec<String> = Vec::new(),
        /// Whether they may send the session cookie.
        credentials: bool = false,
        /// How long a browser may remember what it was allowed.
        max_age: Span = Span::seconds(600),
    }
}

section! {
    /// Who may send how much. Beyond it the answer is 429, with the time to wait.
    RateLimits {
        /// Requests per second of one org; 0 turns the limit off.
        per_org: u32 = 100,
        /// How many of an org may come at once; 0 is as many as in a second.
        per_org_burst: u32 = 0,
        /// Event streams that one org may have open at each server; 0 turns the limit off.
        streams_per_org: u32 = 100,
        /// Sockets for subscriptions that one org may have open at each server; 0 turns the limit off.
        sockets_per_org: u32 = 2000,
        /// Failed authentications per second of one client address; 0 turns the limit off.
        failed_authentications: u32 = 10,
        /// How many of an address may come at once; 0 is as many as in a second.
        failed_authentications_burst: u32 = 50,
    }
}

section! {
    /// Writing.
    Commands {
        /// How long a command may wait for its turn and for the database, and be decided again because others changed the same
        /// streams.
        deadline: Span = Span::millis(2000),
    }
}

section! {
    /// Reading, at `/graphql`. What asks for more than that is refused before anything is done for it.
    Graphql {
        /// Whether clients may ask for the schema itself.
        introspection: bool = true,
        /// The most bytes of a query, its variables aside.
        query_bytes: usize = 64 * 1024,
        /// The most levels of fields within fields. Tools that ask for the schema need 15.
        depth: usize = 16,
        /// The most fields, those of a list times the length that is asked for.
        complexity: usize = 10_000,
        /// The most fields that are given another name.
        aliases: usize = 100,
        /// How long a query may be worked on.
        timeout: Span = Span::seconds(5),
        /// How long a query may wait for read models that have not come to the event of its consistency token.
        consistency_wait: Span = Span::millis(2000),
    }
}

section! {
    /// Subscriptions, over a WebSocket at `/graphql`.
    Subscriptions {
        /// The most subscriptions on one socket.
        per_socket: usize = 50,
        /// How long a client may take to say who it is, once it is connected.
        init_timeout: Span = Span::seconds(10),
        /// How often a client is asked whether it is still there. When nothing was heard of it for twice as long, it is closed.
        keep_alive: Span = Span::seconds(15),
        /// How long a client may take for what it is sent at once, 128 KB or so. One that is slower is closed, and resumes where it was.
        slow_after: Span = Span::seconds(10),
    }
}

section! {
    /// For those who run the system: `/metrics` for Prometheus, `/health` and `/health/ready`. Without a token, so it is to be
    /// reached from inside only.
    Admin {
        /// Where it listens, as in "0.0.0.0:9464"; port 0 takes any free one, which the log names. "off": nowhere.
        listen: AdminListen = AdminListen::default(),
    }
}

section! {
    /// Proof that the ledger is what was recorded: see `xentri audit`.
    Audit {
        /// The key that signs checkpoints and exports; only its owner may read it, and it is made at first use. Without one it is
        /// `checkpoint.key` beside `master_key_file`. Best where whoever can change the database can't read it.
        signing_key_file: Option<PathBuf> = None,
        /// Signed checkpoints, to which lines are only added. Without one it is `checkpoints.jsonl` beside the signing key. Best
        /// where whoever can change the database can delete none.
        checkpoints_file: Option<PathBuf> = None,
    }
}

/// One database and its shards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    pub(crate) url: Secret,
    pub(crate) shards: Vec<u16>,
}

/// A section by its name, with its settings.
pub(super) type Section = (&'static str, &'static [&'static str], &'static [Setting]);

/// The sections of [`Settings`].
pub(super) const SECTIONS: &[Section] = &[
    ("http", Http::ABOUT, Http::SETTINGS),
    ("auth", AuthSettings::ABOUT, AuthSettings::SETTINGS),
    ("cors", Cors::ABOUT, Cors::SETTINGS),
    ("rate_limit", RateLimits::ABOUT, RateLimits::SETTINGS),
    ("commands", Commands::ABOUT, Commands::SETTINGS),
    ("graphql", Graphql::ABOUT, Graphql::SETTINGS),
    ("subscriptions", Subscriptions::ABOUT, Subscriptions::SETTINGS),
    ("kafka", Kafka::ABOUT, Kafka::SETTINGS),
    ("admin", Admin::ABOUT, Admin::SETTINGS),
    ("audit", Audit::ABOUT, Audit::SETTINGS),
];

/// Lists of tables, which only a file can have, with an example each. In their section they come last, for what follows one
/// in a file belongs to it.
pub(super) const TABLES: &[(&[&str], &str)] = &[
    (
        &["database"],
        "# [[database]]\n\
         # url = \"postgres://xentri_server:password@one:5432/xentri\"\n\
         # shards = [0, 1, 2, 3]\n\
         # [[database]]\n\
         # url = \"postgres://xentri_server:password@two:5432/xentri\"\n\
         # shards = [4, 5, 6, 7]",
    ),
    (
        &["auth", "issuer"],
        "# [[auth.issuer]]\n\
         # name = \"https://login.example.com\"\n\
         # audience = \"xentri\"\n\
         # actor = \"user\"\n\
         # jwks_url = \"https://login.example.com/.well-known/jwks.json\"\n\
         # [[auth.issuer]]\n\
         # name = \"billing\"\n\
         # audience = \"xentri\"\n\
         # actor = \"system\"\n\
         # jwks_file = \"/etc/xentri/billing.jwks.json\"\n\
         # grants = [\"finance:*\"]",
    ),
];

/// A rate and how many may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) per_second: NonZeroU32,
    pub(crate) burst: NonZeroU32,
}

impl Rate {
    fn new(per_second: u32, burst: u32) -> Option<Self> {
        let per_second = NonZeroU32::new(per_second)?;
        Some(Self { per_second, burst: NonZeroU32::new(burst).unwrap_or(per_second) })
    }
}

impl Graphql {
    pub(crate) fn settings(&self) -> GraphqlSettings {
        GraphqlSettings {
            introspection: self.introspection,
            query_bytes: self.query_bytes,
            depth: self.depth,
            complexity: self.complexity,
            aliases: self.aliases,
            timeout: self.timeout.get(),
            patience: self.consistency_wait.get(),
        }
    }
}

impl Subscriptions {
    pub(crate) fn settings(&self, limits: &RateLimits) -> SubscriptionSettings {
        SubscriptionSettings {
            sockets_per_org: limits.sockets_per_org as usize,
            per_socket: self.per_socket,
            init_timeout: self.init_timeout.get(),
            keep_alive: self.keep_alive.get(),
            slow_after: self.slow_after.get(),
        }
    }
}

impl RateLimits {
    pub(crate) fn of_org(&self) -> Option<Rate> {
        Rate::new(self.per_org, self.per_org_burst)
    }

    pub(crate) fn of_failures(&self) -> Option<Rate> {
        Rate::new(self.failed_authentications, self.failed_authentications_burst)
    }
}
