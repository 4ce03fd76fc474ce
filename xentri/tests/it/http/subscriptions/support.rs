//! A client of `graphql-transport-ws`.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::http::support::Caller;
use crate::process::PATIENCE;

pub(super) const EVENTS: &str = "subscription($after: OrgSeq) { events(after: $after) { orgSeq type } }";
pub(super) const LEAD: &str = "subscription($id: UUID!) { lead(id: $id) { id state version name } }";

pub(super) struct Client(WebSocketStream<TcpStream>);

/// What a server closed with.
pub(super) type Closed = (u16, String);

impl Client {
    /// Nothing is said yet.
    pub(super) async fn connect(api: &str, headers: &[(&'static str, &str)]) -> Self {
        let address = api.strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        Self::over(stream, address, headers).await
    }

    /// With little room: the system would lend enough for everything.
    pub(super) async fn connect_small(api: &str) -> Self {
        let address = api.strip_prefix("http://").unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(32 << 10).unwrap();
        let stream = socket.connect(address.parse().unwrap()).await.unwrap();
        Self::over(stream, address, &[SPEAKS]).await
    }

    async fn over(stream: TcpStream, address: &str, headers: &[(&'static str, &str)]) -> Self {
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        Self(client_async(request, stream).await.unwrap().0)
    }

    /// By whom is said on the socket.
    pub(super) async fn open(caller: &Caller) -> Self {
        let mut client = Self::connect(caller.api(), &[SPEAKS]).await;
        client.init(&json!({ "Authorization": format!("Bearer {}", caller.token()) })).await;
        client
    }

    pub(super) async fn init(&mut self, payload: &Value) {
        self.say(&json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(self.hear().await.unwrap(), json!({ "type": "connection_ack" }));
    }

    pub(super) async fn say(&mut self, said: &Value) {
        self.send(Message::Text(said.to_string().into())).await;
    }

    /// The server may have gone meanwhile.
    pub(super) async fn send(&mut self, message: Message) {
        let _ = self.0.send(message).await;
    }

    pub(super) async fn subscribe(&mut self, id: &str, query: &str, variables: &Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(&json!({ "id": id, "type": "subscribe", "payload": payload })).await;
    }

    /// The next message, or how it was closed.
    pub(super) async fn hear(&mut self) -> Result<Value, Closed> {
        loop {
            let message = timeout(PATIENCE, self.0.next()).await.expect("it hangs");
            match message {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err((frame.code.into(), frame.reason.to_string()));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => return Err((0, format!("{other:?}"))),
            }
        }
    }

    /// Of the next value of that subscription.
    pub(super) async fn data(&mut self, id: &str) -> Value {
        let mut message = self.hear().await.unwrap();
        assert_eq!((&message["id"], &message["type"]), (&json!(id), &json!("next")), "{message}");
        assert!(message["payload"]["errors"].is_null(), "{message}");
        message["payload"]["data"].take()
    }

    /// The code of the error that a subscription ends with.
    pub(super) async fn refusal(&mut self, id: &str) -> String {
        let message = self.hear().await.unwrap();
        assert_eq!((&message["id"], &message["type"]), (&json!(id), &json!("error")), "{message}");
        message["payload"][0]["extensions"]["code"].as_str().unwrap().to_owned()
    }

    /// The numbers of so many events.
    pub(super) async fn numbers(&mut self, id: &str, count: usize) -> Vec<u64> {
        let mut numbers = Vec::with_capacity(count);
        while numbers.len() < count {
            numbers.push(number(&self.data(id).await));
        }
        numbers
    }

    /// Nothing but the end.
    pub(super) async fn closed(&mut self) -> Closed {
        self.hear().await.expect_err("it was to be closed")
    }

    /// Everything that was on its way.
    pub(super) async fn drain(&mut self) {
        self.say(&json!({ "type": "ping" })).await;
        while self.hear().await.unwrap() != json!({ "type": "pong" }) {}
    }

    /// That nothing was waiting to be sent: the answer comes next.
    pub(super) async fn is_quiet(&mut self) {
        self.say(&json!({ "type": "ping" })).await;
        assert_eq!(self.hear().await.unwrap(), json!({ "type": "pong" }));
    }
}

pub(super) const SPEAKS: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

pub(super) fn number(data: &Value) -> u64 {
    data["events"]["orgSeq"].as_u64().unwrap_or_else(|| panic!("{data}"))
}

/// The value of a metric, with the labels that it is shown with.
pub(super) async fn metric(admin: &str, name: &str) -> u64 {
    let text = reqwest::get(format!("http://{admin}/metrics")).await.unwrap().text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
}
