//! Stands between a ledger and Postgres, knows where a message ends, and fails where it is told to.

use std::collections::VecDeque;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use xentri_ledger::{Ledger, LedgerSettings, ShardMap};

use crate::support::keeper;

/// For one connection of an appender. Of its life until then: it starts, becomes `xentri_app` in one simple query, then
/// calls or looks for what it has appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Keeps the Sync behind the first Execute to itself, and both connections open.
    StallBeforeSync,
    /// Cuts both as soon as that Sync is through.
    CutAfterSync,
    /// Cuts both when Postgres has answered the first Execute, which it does after the commit; the answer is lost.
    LoseReply,
    /// Keeps that answer to itself, and both connections open.
    StallReply,
    /// Hands that answer on, and cuts both when the client wants more.
    CutAfterReply,
    /// Cuts both at the first message after the role is set.
    CutAtRequest,
}

/// Ends with the value; its connections go on.
pub(crate) struct Proxy {
    server: PgConnectOptions,
    port: u16,
    struck: Arc<Semaphore>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// The first connections of appenders have these plans, in order; all others are left alone.
    pub(crate) async fn start(server_url: &str, plans: impl IntoIterator<Item = Plan>) -> Self {
        let server = PgConnectOptions::from_str(server_url).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let struck = Arc::new(Semaphore::new(0));
        let plans = Arc::new(Mutex::new(plans.into_iter().collect::<VecDeque<_>>()));
        let address = (server.get_host().to_owned(), server.get_port());
        let listening = tokio::spawn({
            let struck = struck.clone();
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let server = TcpStream::connect(address.clone()).await.unwrap();
                    let (plans, struck) = (plans.clone(), struck.clone());
                    // Both ends go away when they like.
                    tokio::spawn(async move { serve(client, server, &plans, &struck).await.ok() });
                }
            }
        });
        Self { server, port, struck, listening }
    }

    /// A ledger whose connections all go through here.
    pub(crate) fn ledger(&self, settings: &LedgerSettings) -> Ledger {
        let url = self.server.clone().host("127.0.0.1").port(self.port).to_url_lossy().to_string();
        Ledger::open(ShardMap::single(url), keeper(), settings).unwrap()
    }

    /// Returns when one more plan has been carried out.
    pub(crate) async fn struck(&self) {
        self.struck.acquire().await.unwrap().forget();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(
    client: TcpStream,
    server: TcpStream,
    plans: &Mutex<VecDeque<Plan>>,
    struck: &Semaphore,
) -> std::io::Result<()> {
    let (client, mut to_client) = client.into_split();
    let (mut server, mut to_server) = server.into_split();
    let mut client = BufReader::new(client);
    let mut start = untyped(&mut client).await?;
    if start.len() == 8 {
        // It asks for TLS.
        to_client.write_all(b"N").await?;
        start = untyped(&mut client).await?;
    }
    to_server.write_all(&start).await?;
    let appends = start.windows(13).any(|bytes| bytes == b"xentri append");
    let plan = if appends { plans.lock().unwrap().pop_front() } else { None };
    let mut messages = messages(client);
    let mut course = Course { plan, ..Course::default() };
    let mut answer = vec![0; 64 << 10];
    loop {
        let step = tokio::select! {
            message = messages.recv() => {
                let Some(message) = message else { return Ok(()) };
                let step = course.asked(message[0]);
                if step == Step::Forward || step == Step::ForwardAndCut {
                    to_server.write_all(&message).await?;
                }
                step
            }
            read = server.read(&mut answer) => {
                let read = read?;
                if read == 0 {
                    return Ok(());
                }
                let step = course.answered(&answer[..read]);
                if step == Step::Forward {
                    to_client.write_all(&answer[..read]).await?;
                }
                step
            }
        };
        if step == Step::Cut || step == Step::ForwardAndCut || step == Step::Stall {
            struck.add_permits(1);
        }
        if step == Step::Cut || step == Step::ForwardAndCut {
            return Ok(());
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Forward,
    /// Kept here, with everything else as it is.
    Keep,
    Stall,
    Cut,
    ForwardAndCut,
}

/// How far a connection has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Starting,
    RoleAsked,
    Executed,
    Synced,
    Done,
}

#[derive(Default)]
struct Course {
    plan: Option<Plan>,
    stage: Stage,
}

impl Course {
    /// By the client, with a message of this type.
    fn asked(&mut self, kind: u8) -> Step {
        let before = self.stage;
        self.stage = match (kind, before) {
            (b'Q', Stage::Starting) => Stage::RoleAsked,
            // Execute and Sync.
            (b'E', Stage::RoleAsked) => Stage::Executed,
            (b'S', Stage::Executed) => Stage::Synced,
            _ => before,
        };
        let synced = before < Stage::Synced && self.stage == Stage::Synced;
        match self.plan {
            Some(Plan::StallBeforeSync) if synced => Step::Stall,
            Some(Plan::CutAfterSync) if synced => Step::ForwardAndCut,
            Some(Plan::CutAtRequest) if before >= Stage::RoleAsked => Step::Cut,
            Some(Plan::CutAfterReply) if before == Stage::Done => Step::Cut,
            _ => Step::Forward,
        }
    }

    /// By Postgres.
    fn answered(&mut self, bytes: &[u8]) -> Step {
        // ReadyForQuery, outside of a transaction.
        let done = self.stage == Stage::Synced && bytes.ends_with(b"Z\0\0\0\x05I");
        if done {
            self.stage = Stage::Done;
        }
        match self.plan {
            Some(Plan::StallReply) if done => Step::Stall,
            Some(Plan::LoseReply) if done => Step::Cut,
            Some(Plan::StallReply | Plan::LoseReply) if self.stage >= Stage::Executed => Step::Keep,
            _ => Step::Forward,
        }
    }
}

/// A message of the start: its length is all that it begins with.
async fn untyped(client: &mut BufReader<OwnedReadHalf>) -> std::io::Result<Vec<u8>> {
    let length = client.read_u32().await?;
    let mut message = length.to_be_bytes().to_vec();
    message.resize(length.try_into().unwrap(), 0);
    client.read_exact(&mut message[4..]).await?;
    Ok(message)
}

/// Reads on while others wait: a message that is half read must not be forgotten.
fn messages(mut client: BufReader<OwnedReadHalf>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok(kind) = client.read_u8().await {
            let Ok(rest) = untyped(&mut client).await else { return };
            let message = [vec![kind], rest].concat();
            if sender.send(message).await.is_err() {
                return;
            }
        }
    });
    receiver
}
