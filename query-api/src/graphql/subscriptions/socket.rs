//! One client: its messages, its subscriptions, and all that can end it. One task does it all, so what is sent is what is taken:
//! while a client is slow, nothing is read for it and nothing waits in line.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use axum::http::request::Parts;
use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::{SelectAll, StreamExt as _};
use futures_util::{SinkExt as _, Stream};
use serde_json::{Map, Value};
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};
use xentri_domain::kernel::Timestamp;

use super::admit::{self, Admits, Admitted};
use super::close::End;
use super::hub::Hub;
use super::message::{ACK, PONG, Said, error, next, written};
use super::operation::{Beginning, News, news};
use super::render::refusal;
use super::stats::One;
use crate::graphql::door::Asked;
use crate::graphql::error::ReadError;
use crate::places::Place;

/// A token is looked at again with so many pings, and not later than that: its key may have been taken away.
const LOOKS: u32 = 4;
const LOOKS_BY: Duration = Duration::from_mins(1);
/// How long a client may take to close, and one that is slow to take what it was sent before.
const CLOSES: Duration = Duration::from_secs(2);
const CLOSES_SLOWLY: Duration = Duration::from_secs(20);

/// Timers go no further than that.
const LONGEST: Duration = Duration::from_hours(24 * 365);

type Running = Pin<Box<dyn Stream<Item = (Arc<str>, News)> + Send>>;

struct Socket {
    hub: Arc<Hub>,
    admits: Arc<dyn Admits>,
    /// Of the upgrade, with what the client said since. It has the place of the connection, too.
    upgrade: Parts,
    admitted: Option<(Arc<Admitted>, Place)>,
    open: HashMap<Arc<str>, Open>,
    running: SelectAll<Running>,
    until: Pin<Box<Sleep>>,
    looks: Pin<Box<Sleep>>,
    heard: Instant,
    pings: Instant,
}

/// What a subscription's client has had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It has not begun.
    Unknown,
    /// Rows: there is nothing to resume.
    Rows,
    /// Of the events that it asked for, everything up to there.
    Upto(u64),
}

/// A subscription; it ends with the value.
struct Open {
    abort: AbortHandle,
    /// As JSON.
    id: String,
    sent: Sent,
    _one: One,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// Behind which event a client misses nothing on any of its subscriptions; None as long as that is not known of each.
pub(super) fn resume(sent: impl IntoIterator<Item = Sent>) -> Option<u64> {
    let mut resume = None;
    for sent in sent {
        match sent {
            Sent::Unknown => return None,
            Sent::Rows => {}
            Sent::Upto(upto) => resume = Some(resume.map_or(upto, |other: u64| other.min(upto))),
        }
    }
    resume
}

pub(super) async fn attend(
    mut ws: WebSocket,
    hub: Arc<Hub>,
    admits: Arc<dyn Admits>,
    upgrade: Parts,
    speaks: bool,
) {
    let stats = hub.stats.clone();
    let mut socket = Socket::new(hub, admits, upgrade);
    let end = if speaks { socket.run(&mut ws).await } else { End::Protocol };
    stats.has_ended(&end);
    let resume = resume(socket.open.values().map(|open| open.sent));
    // What was subscribed to is given back before the client is waited for; the connection's place only after it.
    let _connection = socket.into_connection();
    if end == End::Gone {
        return;
    }
    let longest = if end == End::TooSlow { CLOSES_SLOWLY } else { CLOSES };
    let close = async {
        if ws.send(Message::Close(Some(end.frame(resume)))).await.is_ok() {
            while let Some(Ok(_)) = ws.recv().await {}
        }
    };
    // Whoever does not answer is cut off.
    let _ = timeout(longest, close).await;
}

impl Socket {
    fn new(hub: Arc<Hub>, admits: Arc<dyn Admits>, upgrade: Parts) -> Self {
        let now = Instant::now();
        Self {
            until: Box::pin(sleep(hub.settings.init_timeout)),
            looks: Box::pin(sleep(looks(hub.settings.keep_alive))),
            heard: now,
            pings: now + hub.settings.keep_alive,
            hub,
            admits,
            upgrade,
            admitted: None,
            open: HashMap::new(),
            running: SelectAll::new(),
        }
    }

    fn into_connection(self) -> Parts {
        self.upgrade
    }

    /// Why it ends.
    async fn run(&mut self, ws: &mut WebSocket) -> End {
        let hub = self.hub.clone();
        let stopped = hub.stopped();
        tokio::pin!(stopped);
        loop {
            let step = tokio::select! {
                biased;
                () = &mut stopped => Err(End::Stopping),
                () = self.until.as_mut() => Err(self.over()),
                () = self.looks.as_mut() => self.look_again().await,
                // Before a ping: after a pause of ours, the answer to the last one may be waiting.
                said = ws.recv() => match said {
                    Some(Ok(said)) => self.hear(ws, said).await,
                    _ => Err(End::Gone),
                },
                () = sleep_until(self.pings) => self.ping(ws).await,
                Some((id, news)) = self.running.next(), if !self.running.is_empty() => {
                    self.tell(ws, &id, news).await
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    fn over(&self) -> End {
        if self.admitted.is_some() { End::Expired } else { End::InitTimeout }
    }

    async fn look_again(&mut self) -> Result<(), End> {
        self.looks.as_mut().reset(Instant::now() + looks(self.hub.settings.keep_alive));
        if self.admitted.is_none() {
            return Ok(());
        }
        admit::look_again(&*self.admits, &self.upgrade).await
    }

    async fn ping(&mut self, ws: &mut WebSocket) -> Result<(), End> {
        let every = self.hub.settings.keep_alive;
        if self.heard.elapsed() > every * 2 {
            return Err(End::Silent);
        }
        self.pings = Instant::now() + every;
        self.send(ws, [Message::Ping(Vec::new().into())]).await
    }

    async fn hear(&mut self, ws: &mut WebSocket, said: Message) -> Result<(), End> {
        self.heard = Instant::now();
        let text = match said {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Binary(_) => return Err(End::Invalid("no text")),
            Message::Close(_) => return Err(End::Gone),
        };
        match Said::read(&text)? {
            Said::ConnectionInit { payload } => self.init(ws, &payload.unwrap_or_default()).await,
            Said::Ping {} => self.send(ws, [Message::Text(PONG.into())]).await,
            Said::Pong {} => Ok(()),
            Said::Subscribe { id, payload } => self.subscribe(ws, id.into(), payload).await,
            Said::Complete { id } => {
                self.open.remove(id.as_str());
                Ok(())
            }
        }
    }

    async fn init(&mut self, ws: &mut WebSocket, payload: &Map<String, Value>) -> Result<(), End> {
        if self.admitted.is_some() {
            return Err(End::InitAgain);
        }
        let token = admit::say(&mut self.upgrade, payload)?;
        let admitted = tokio::select! {
            admitted = admit::admit(&*self.admits, &self.upgrade, token) => admitted?,
            () = self.until.as_mut() => return Err(End::InitTimeout),
        };
        let place = self.hub.places.take(admitted.principal.org());
        let place = place.map_err(|problem| End::Crowded(problem.kind.code))?;
        let left = left(self.hub.reads.parts().clock.now(), admitted.until);
        self.until.as_mut().reset(Instant::now() + left.min(LONGEST));
        self.admitted = Some((Arc::new(admitted), place));
        self.send(ws, [Message::Text(ACK.into())]).await
    }

    async fn subscribe(&mut self, ws: &mut WebSocket, id: Arc<str>, asked: Asked) -> Result<(), End> {
        let Some((admitted, _)) = &self.admitted else { return Err(End::Unauthorized) };
        if self.open.contains_key(&id) {
            return Err(End::Duplicate(id.to_string()));
        }
        let most = self.hub.settings.per_socket;
        if self.open.len() >= most {
            let refused = ReadError::Crowded(format!("a socket has at most {most} subscriptions"));
            let refused = error(&written(&id), &refusal(&refused));
            return self.send(ws, [Message::Text(refused.into())]).await;
        }
        let (hub, admits, admitted) = (self.hub.clone(), self.admits.clone(), admitted.clone());
        let news = news(Beginning { hub, admits, admitted, asked });
        let (abort, registration) = AbortHandle::new_pair();
        let named = id.clone();
        let news = Abortable::new(news, registration).map(move |news| (named.clone(), news));
        self.running.push(Box::pin(news));
        let open = Open { abort, id: written(&id), sent: Sent::Unknown, _one: self.hub.stats.subscription() };
        self.open.insert(id, open);
        Ok(())
    }

    async fn tell(&mut self, ws: &mut WebSocket, id: &Arc<str>, news: News) -> Result<(), End> {
        let Some(open) = self.open.get(id) else { return Ok(()) };
        match news {
            News::Begun(after) => {
                self.has_sent(id, after.map_or(Sent::Rows, Sent::Upto));
                Ok(())
            }
            News::Next(payloads, upto) => {
                let messages: Vec<_> =
                    payloads.iter().map(|payload| Message::Text(next(&open.id, payload).into())).collect();
                self.hub.stats.has_sent(messages.len());
                self.send(ws, messages).await?;
                if let Some(upto) = upto {
                    self.has_sent(id, Sent::Upto(upto));
                }
                Ok(())
            }
            News::Failed(errors) => {
                let failed = error(&open.id, &errors);
                self.open.remove(id);
                self.send(ws, [Message::Text(failed.into())]).await
            }
        }
    }

    fn has_sent(&mut self, id: &Arc<str>, sent: Sent) {
        if let Some(open) = self.open.get_mut(id) {
            open.sent = sent;
        }
    }

    /// Until the system has taken it all.
    async fn send(
        &mut self,
        ws: &mut WebSocket,
        messages: impl IntoIterator<Item = Message>,
    ) -> Result<(), End> {
        let sending = async {
            for message in messages {
                ws.feed(message).await?;
            }
            ws.flush().await
        };
        let over = self.over();
        tokio::select! {
            biased;
            sent = sending => sent.map_err(|_| End::Gone),
            () = self.hub.stopped() => Err(End::Stopping),
            () = self.until.as_mut() => Err(over),
            () = sleep(self.hub.settings.slow_after) => Err(End::TooSlow),
        }
    }
}

fn looks(keep_alive: Duration) -> Duration {
    keep_alive.saturating_mul(LOOKS).min(LOOKS_BY)
}

fn left(now: Timestamp, until: Timestamp) -> Duration {
    let left = until.as_micros().saturating_sub(now.as_micros());
    Duration::from_micros(u64::try_from(left).unwrap_or(0))
}
