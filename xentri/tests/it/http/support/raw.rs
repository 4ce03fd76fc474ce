//! Bytes to a server, as no client would send them.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::process::PATIENCE;

pub(crate) struct Wire(TcpStream);

impl Wire {
    pub(crate) fn to(api: &str) -> Self {
        let stream = TcpStream::connect(api.strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    /// False once the server takes no more.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok()
    }

    /// Nothing more comes from us.
    pub(crate) fn done(&self) {
        let _ = self.0.shutdown(Shutdown::Write);
    }

    /// Everything until the server closes. It is a hang where it does not.
    pub(crate) fn rest(mut self) -> Vec<u8> {
        let mut answer = Vec::new();
        match self.0.read_to_end(&mut answer) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("it hangs: {answer:?}"),
            // Closed in order or reset: either way it is over.
            _ => answer,
        }
    }

    /// What has come after so long a silence.
    pub(crate) fn some(&mut self, silence: Duration) -> Vec<u8> {
        self.0.set_read_timeout(Some(silence)).unwrap();
        let (mut answer, mut part) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = self.0.read(&mut part) {
            answer.extend_from_slice(&part[..count]);
        }
        answer
    }
}

/// Status and code of the one answer in these bytes; none where the connection was closed without.
pub(crate) fn status_and_code(answer: &[u8]) -> Option<(u16, String)> {
    if answer.is_empty() {
        return None;
    }
    let text = String::from_utf8_lossy(answer);
    let status = text.strip_prefix("HTTP/1.1 ").expect("an answer").get(..3).unwrap().parse().unwrap();
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let problem: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    Some((status, problem["code"].as_str().unwrap_or_default().to_owned()))
}
