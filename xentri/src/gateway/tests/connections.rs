//! Whole connections, byte by byte.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::routes::{Gate, made_up, token};
use crate::config::{Settings, Span};
use crate::gateway::{Server, serve};
use crate::shutdown::Shutdown;

const ASK: &str = "GET /trace HTTP/1.1\r\nhost: x\r\n\r\n";

/// Only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(30);

struct Door {
    address: SocketAddr,
    gate: Gate,
    stop: watch::Sender<bool>,
    done: JoinHandle<()>,
}

impl Door {
    async fn open(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        change(&mut settings);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, gate) = (listener.local_addr().unwrap(), Gate::default());
        let (stop, shutdown) = Shutdown::on_command();
        let app = made_up(&settings, &gate);
        let server = Server::new(&settings.http, 1000, Duration::from_secs(20));
        let done = tokio::spawn(async move { serve(listener, app, server, &shutdown).await });
        Self { address, gate, stop, done }
    }

    async fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }
}

/// All that comes until the connection is closed.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    // Closed over what we still send, it may end with an error after the answer.
    let _ = read.expect("the connection is closed in the end");
    String::from_utf8(answer).unwrap()
}

fn post(headers: &str) -> String {
    format!("POST /length HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n{headers}\r\n", token())
}

#[tokio::test]
async fn who_sends_no_whole_head_is_cut_off() {
    let door = Door::open(|settings| settings.http.head_timeout = Span::millis(200)).await;
    for head in ["", "GET /trace HTTP/1.1\r\nhost: x\r\nx-a: "] {
        let mut stream = door.send(head).await;
        assert_eq!(rest(&mut stream).await, "", "{head:?}");
    }
    // The second head of a connection is timed too.
    let mut second = door.send(ASK).await;
    second.read_exact(&mut [0; 12]).await.unwrap();
    second.write_all(b"GET /tr").await.unwrap();
    rest(&mut second).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_later_than_one_that_dawdles() {
    let change = |settings: &mut Settings| {
        settings.http.head_timeout = Span::millis(200);
        settings.http.idle_timeout = Span::millis(600);
    };
    let door = Door::open(change).await;
    let begin = std::time::Instant::now();
    let mut idle = door.send(ASK).await;
    assert!(rest(&mut idle).await.starts_with("HTTP/1.1 200"));
    assert!(begin.elapsed() >= Duration::from_millis(600));
}

/// The answers are larger than what the sockets' buffers hold, so the server has to wait for the client, which does not
/// read. That it was cut off shows in the place it leaves.
#[tokio::test]
async fn who_takes_nothing_of_the_answer_is_cut_off() {
    let change = |settings: &mut Settings| {
        settings.http.connections = 1;
        settings.http.answer_pause = Span::millis(200);
    };
    let door = Door::open(change).await;
    let _deaf = door.send("GET /text/30000000 HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut next = door.send(ASK).await;
    next.read_exact(&mut [0; 12]).await.unwrap();
}

#[tokio::test]
async fn who_sends_its_body_too_slowly_is_told_so() {
    let door = Door::open(|settings| settings.http.body_pause = Span::millis(200)).await;
    let mut stream = door.send(&(post("content-length: 10\r\n") + "abc")).await;
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("REQUEST_TIMEOUT"), "{answer}");
}

/// One byte before every pause ends would take for ever.
#[tokio::test]
async fn a_body_that_trickles_is_cut_off_too() {
    let door = Door::open(|settings| settings.http.body_timeout = Span::millis(300)).await;
    let (mut answer, mut body) = door.send(&post("content-length: 1000000\r\n")).await.into_split();
    let trickle = tokio::spawn(async move {
        while body.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let mut said = vec![0; 12];
    answer.read_exact(&mut said).await.unwrap();
    assert_eq!(said, b"HTTP/1.1 408");
    drop(answer);
    trickle.await.unwrap();
}

/// The client reads only after it has sent everything, several times what the sockets' buffers hold: were the connection
/// closed at the limit, the answer would be lost to it.
#[tokio::test]
async fn a_body_over_the_limit_is_refused_where_a_client_that_still_sends_can_read_it() {
    let door = Door::open(|_| {}).await;
    let megabytes = 6;
    let chunk = format!("10000\r\n{}\r\n", "a".repeat(0x10000));
    let mut stream = door.send(&post("transfer-encoding: chunked\r\n")).await;
    for _ in 0..megabytes * 16 {
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("TOO_LARGE"), "{answer}");

    let length = megabytes * 1024 * 1024;
    let mut stream = door.send(&post(&format!("content-length: {length}\r\n"))).await;
    stream.write_all("a".repeat(length).as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 413 "));
}

#[tokio::test]
async fn who_is_not_recognised_can_read_that_after_sending_a_whole_body() {
    let door = Door::open(|_| {}).await;
    let length = 4 * 1024 * 1024;
    let head =
        format!("POST /length HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    let mut stream = door.send(&head).await;
    stream.write_all("a".repeat(length).as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 401 "));
}

#[tokio::test]
async fn who_waits_to_be_asked_for_a_body_that_is_too_large_is_not_asked() {
    let door = Door::open(|_| {}).await;
    let mut stream = door.send(&post("content-length: 2000000\r\nexpect: 100-continue\r\n")).await;
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && !answer.contains("100 Continue"), "{answer}");
}

#[tokio::test]
async fn a_body_that_breaks_off_hangs_nothing() {
    let door = Door::open(|_| {}).await;
    let mut stream = door.send(&(post("transfer-encoding: chunked\r\n") + "zz\r\n")).await;
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("MALFORMED"), "{answer}");
    drop(door.send(&(post("content-length: 10\r\n") + "abc")).await);
    let mut next = door.send(&(post("content-length: 3\r\nconnection: close\r\n") + "abc")).await;
    assert!(rest(&mut next).await.ends_with("\r\n\r\n3"));
}

#[tokio::test]
async fn beyond_the_most_connections_the_next_waits_until_one_is_closed() {
    let door = Door::open(|settings| settings.http.connections = 1).await;
    let mut first = door.send(ASK).await;
    first.read_exact(&mut [0; 12]).await.unwrap();
    let mut second = door.send(&ASK.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n")).await;
    let waits = tokio::time::timeout(Duration::from_millis(100), second.read_u8()).await;
    assert!(waits.is_err(), "the only place is taken");
    drop(first);
    assert!(rest(&mut second).await.starts_with("HTTP/1.1 200"));
}

/// A stop is asked for while a request is under way and two connections are idle, one of them new. The order is certain:
/// the handler says when it has begun, and ends only when told, after the listener is seen to be gone.
#[tokio::test]
async fn a_stop_finishes_what_was_begun_and_takes_no_more() {
    let door = Door::open(|_| {}).await;
    let mut idle = door.send(ASK).await;
    idle.read_exact(&mut [0; 12]).await.unwrap();
    let mut new = door.send("").await;
    let slow = format!("GET /slow HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n\r\n", token());
    let mut begun = door.send(&slow).await;
    door.gate.begun.notified().await;
    door.stop.send_replace(true);
    rest(&mut idle).await;
    assert_eq!(rest(&mut new).await, "");
    while TcpStream::connect(door.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    door.gate.end.notify_one();
    let answer = rest(&mut begun).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("through"), "{answer}");
    door.done.await.unwrap();
}
