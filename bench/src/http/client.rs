//! As much of HTTP/1.1 as it takes to send a command and read its answer on a connection that stays open: the clients
//! share their cores with what they measure.

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const HEAD_MAX: usize = 64 << 10;

pub(super) struct Connection {
    stream: TcpStream,
    host: String,
    /// What was read and not yet used.
    buffer: Vec<u8>,
}

pub(super) struct Request<'a> {
    pub(super) method: &'static str,
    pub(super) path: &'a str,
    pub(super) token: Option<&'a str>,
    pub(super) idempotency_key: Option<&'a str>,
    pub(super) body: &'a str,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl<'a> Request<'a> {
    pub(super) fn post(path: &'a str, token: &'a str, body: &'a str) -> Self {
        Self { method: "POST", path, token: Some(token), idempotency_key: None, body }
    }
}

impl Answer {
    /// The document of an answer that says yes.
    pub(super) fn accepted(self) -> anyhow::Result<Self> {
        if !(200..300).contains(&self.status) {
            bail!("answered {}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        Ok(self)
    }

    pub(super) fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_slice(&self.body).context("the answer is no JSON")
    }
}

impl Connection {
    /// `host` with its port.
    pub(super) async fn open(host: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host).await.with_context(|| format!("can't connect to {host}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host: host.to_owned(), buffer: Vec::with_capacity(4096) })
    }

    pub(super) async fn send(&mut self, request: &Request<'_>) -> anyhow::Result<Answer> {
        self.stream.write_all(&self.written(request)).await?;
        let head = self.head().await?;
        let (status, length) = read_head(&self.buffer[..head])?;
        self.fill(head + length).await?;
        let body = self.buffer[head..head + length].to_vec();
        self.buffer.drain(..head + length);
        Ok(Answer { status, body })
    }

    fn written(&self, request: &Request<'_>) -> Vec<u8> {
        let Request { method, path, token, idempotency_key, body } = request;
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.host);
        let mut header = |name: &str, value: &str| text.extend([name, ": ", value, "\r\n"]);
        if let Some(token) = token {
            header("authorization", &format!("Bearer {token}"));
        }
        if let Some(key) = idempotency_key {
            header("idempotency-key", key);
        }
        header("content-type", "application/json");
        header("content-length", &body.len().to_string());
        text.extend(["\r\n", body]);
        text.into_bytes()
    }

    /// Reads until the head of the answer is there, and says how long it is.
    async fn head(&mut self) -> anyhow::Result<usize> {
        let mut looked_at = 0;
        loop {
            let end = self.buffer[looked_at..].windows(4).position(|bytes| bytes == b"\r\n\r\n");
            if let Some(end) = end {
                return Ok(looked_at + end + 4);
            }
            if self.buffer.len() > HEAD_MAX {
                bail!("the head of the answer does not end");
            }
            // It may have come in two parts.
            looked_at = self.buffer.len().saturating_sub(3);
            self.more().await?;
        }
    }

    async fn fill(&mut self, length: usize) -> anyhow::Result<()> {
        while self.buffer.len() < length {
            self.more().await?;
        }
        Ok(())
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

/// The status and the length of the body.
fn read_head(head: &[u8]) -> anyhow::Result<(u16, usize)> {
    let head = std::str::from_utf8(head).context("the head of the answer is no text")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("the answer has no status")?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .context("the answer does not say how long it is")?;
    Ok((status.parse()?, length.1.trim().parse()?))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn a_head_without_a_length_is_refused() {
        assert_eq!(read_head(b"HTTP/1.1 201 Created\r\nContent-Length: 12\r\n\r\n").unwrap(), (201, 12));
        assert!(read_head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }

    /// The server sends two answers in three parts, cut within a head and within a body.
    #[tokio::test]
    async fn answers_are_told_apart_however_they_arrive() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = vec![0; 4096];
            let length = stream.read(&mut heard).await.unwrap();
            for part in [
                "HTTP/1.1 200 OK\r\ncontent-le",
                "ngth: 4\r\n\r\nab",
                "cdHTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n",
            ] {
                stream.write_all(part.as_bytes()).await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            String::from_utf8(heard[..length].to_vec()).unwrap()
        });
        let mut connection = Connection::open(&host).await.unwrap();
        let answer = connection.send(&Request::post("/a", "secret", "{}")).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"abcd".as_slice()));
        let heard = server.await.unwrap();
        assert!(
            heard.starts_with("POST /a HTTP/1.1\r\n") && heard.ends_with("content-length: 2\r\n\r\n{}"),
            "{heard}"
        );
        assert!(heard.contains("\r\nauthorization: Bearer secret\r\n"), "{heard}");
        let second = connection.head().await.unwrap();
        assert_eq!(read_head(&connection.buffer[..second]).unwrap(), (404, 0));
    }
}
