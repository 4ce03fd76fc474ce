//! The loop that takes connections, and what each of them may take.

use std::convert::Infallible;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::Service as _;

use super::address::Peer;
use super::linger::Lingering;
use super::pace::{Paced, Turn};
use crate::config::Http;
use crate::shutdown::Shutdown;

/// Where no file descriptor is left, one will be soon.
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Several times what a request may have, so that it is told by a problem; beyond it the connection is closed.
const HEADERS_TO_READ: usize = 4;
const SMALLEST_BUFFER: usize = 64 * 1024;

#[derive(Debug, Clone)]
pub(crate) struct Server {
    connections: usize,
    head_timeout: Duration,
    idle_timeout: Duration,
    answer_pause: Duration,
    headers: usize,
    buffer: usize,
    /// How long what was begun may take when a stop is asked for.
    drain: Duration,
}

impl Server {
    /// With at most so many connections, however many are wished for.
    pub(crate) fn new(settings: &Http, at_most: usize, drain: Duration) -> Self {
        Self {
            connections: settings.connections.min(at_most),
            head_timeout: settings.head_timeout.get(),
            idle_timeout: settings.idle_timeout.get(),
            answer_pause: settings.answer_pause.get(),
            headers: settings.headers.saturating_mul(HEADERS_TO_READ),
            buffer: settings.headers_bytes.saturating_mul(HEADERS_TO_READ).max(SMALLEST_BUFFER),
            drain,
        }
    }

    /// HTTP/1.1 only: what speaks HTTP/2 stands before us and ends TLS.
    async fn attend(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        place: Place,
        app: Router,
        shutdown: Shutdown,
    ) {
        // Answers are small: none is to wait for the next.
        let _ = stream.set_nodelay(true);
        let turn = Turn::default();
        let stream = Paced::new(stream, turn.clone(), self.head_timeout, self.answer_pause);
        let answer =
            service_fn(move |request| respond(app.clone(), peer, place.clone(), turn.clone(), request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // Runs while nothing comes, too.
            .header_read_timeout(self.idle_timeout)
            .max_headers(self.headers)
            .max_buf_size(self.buffer)
            .serve_connection(TokioIo::new(stream), answer)
            .with_upgrades();
        tokio::pin!(connection);
        let ended = tokio::select! {
            biased;
            ended = connection.as_mut() => ended,
            () = shutdown.requested() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Of a connection. Its requests bring it along, so that one that becomes a socket keeps it.
#[derive(Debug, Clone)]
struct Place(#[expect(dead_code, reason = "held until its last clone goes")] Arc<OwnedSemaphorePermit>);

/// Takes connections until a stop is asked for, then finishes what was begun.
pub(crate) async fn serve(listener: TcpListener, app: Router, server: Server, shutdown: &Shutdown) {
    let places = Arc::new(Semaphore::new(server.connections));
    let mut open = JoinSet::new();
    while let Some((place, stream, peer)) = next(&listener, &places, shutdown).await {
        let (server, app, shutdown) = (server.clone(), app.clone(), shutdown.clone());
        open.spawn(async move {
            server.attend(stream, peer, Place(Arc::new(place)), app, shutdown).await;
        });
        while open.try_join_next().is_some() {}
    }
    drop(listener);
    let rest = async { while open.join_next().await.is_some() {} };
    if timeout(server.drain, rest).await.is_err() {
        tracing::warn!(
            seconds = server.drain.as_secs(),
            open = open.len(),
            "stopped with requests still open"
        );
    }
}

/// None when a stop is asked for. Where all places are taken, who comes next waits in the system's queue.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    shutdown: &Shutdown,
) -> Option<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let taken = async {
        let place = places.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((place, stream, peer)),
                // It has gone before it was taken.
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "can't take connections now");
                    sleep(BETWEEN_TRIES).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = shutdown.requested() => None,
        taken = taken => taken,
    }
}

async fn respond(
    mut app: Router,
    peer: SocketAddr,
    place: Place,
    turn: Turn,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    turn.passes();
    let mut request = Lingering::wrap(request);
    request.extensions_mut().insert(Peer(peer));
    request.extensions_mut().insert(place);
    let answered = app.call(request).await;
    // What comes after an upgrade is no head either.
    if answered.as_ref().is_ok_and(|response| response.status() != StatusCode::SWITCHING_PROTOCOLS) {
        turn.passes();
    }
    answered
}

fn is_of_the_connection(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
