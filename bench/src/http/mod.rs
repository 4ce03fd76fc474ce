//! Commands over HTTP to the real server: what a client of the platform gets.

mod client;
mod graphql;
mod server;

use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, ensure};
use uuid::Uuid;

use crate::bodies::{self, Body};
use crate::contender::{Command, Contender, Scenario};
use crate::measure::Load;
use crate::ours::ORGS;
use client::{Connection, Request};
pub(crate) use graphql::{Graphql, Question};
use server::Server;

const LEADS: &str = "/api/v1/sales/leads";

/// On the API alone, or with everything on that happens behind it.
pub(crate) struct Http<const EVERYTHING: bool> {
    server: Server,
    /// The owner's, of each org.
    tokens: Vec<String>,
    /// One for each client, all of them open before the clock starts.
    idle: Mutex<Vec<Connection>>,
    steps: Vec<Body>,
}

impl<const EVERYTHING: bool> Http<EVERYTHING> {
    /// A request that needs neither a token nor a database.
    pub(crate) async fn needs_nothing(&self) -> anyhow::Result<()> {
        let request =
            Request { method: "GET", path: "/health", token: None, idempotency_key: None, body: "" };
        self.send(&request).await?.accepted()?;
        Ok(())
    }

    /// A command whose body is bad: its token is checked and its body read, and that is all. The token is an owner's
    /// whom the server knows, unless another is given.
    pub(crate) async fn is_refused(&self, token: Option<&str>) -> anyhow::Result<()> {
        let answer = self.send(&Request::post(LEADS, token.unwrap_or(&self.tokens[0]), "{}")).await?;
        ensure!(matches!(answer.status, 400 | 422), "a bad body was answered {}", answer.status);
        Ok(())
    }

    /// Tokens that the server has not seen, all for the first org.
    pub(crate) async fn new_tokens(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let org = self.make_org().await?;
        let mut tokens = Vec::new();
        for n in 0..count {
            tokens.push(self.server.owner_token(&org, &format!("bench-{n}")).await?);
        }
        Ok(tokens)
    }

    async fn with_orgs(orgs: usize, load: Load) -> anyhow::Result<Self> {
        let steps = (0..Scenario::Lifecycle.steps()).map(bodies::of_lead).collect::<anyhow::Result<_>>()?;
        let server = if EVERYTHING { Server::with_everything_on().await? } else { Server::alone().await? };
        let idle = Mutex::default();
        let mut http = Self { server, tokens: Vec::new(), idle, steps };
        for _ in 0..orgs {
            let org = http.make_org().await?;
            let token = http.server.owner_token(&org, "developer").await?;
            http.tokens.push(token);
        }
        http.connect(load.clients).await?;
        Ok(http)
    }

    /// New connections in place of those that are there.
    async fn connect(&self, clients: usize) -> anyhow::Result<()> {
        let mut open = Vec::with_capacity(clients);
        for _ in 0..clients {
            open.push(Connection::open(&self.server.host).await?);
        }
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = open;
        Ok(())
    }

    async fn make_org(&self) -> anyhow::Result<String> {
        let token = self.server.service_token().await?;
        let body = bodies::org()?.fields.to_string();
        let answer = self.send(&Request::post("/api/v1/core/orgs", &token, &body)).await?.accepted()?;
        Ok(answer.json()?["data"]["id"].as_str().context("the new org has no id")?.to_owned())
    }

    async fn send(&self, request: &Request<'_>) -> anyhow::Result<client::Answer> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(&self.server.host).await?,
        };
        let answer = connection.send(request).await?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(answer)
    }
}

impl<const EVERYTHING: bool> Contender for Http<EVERYTHING> {
    async fn set_up(load: Load) -> anyhow::Result<Self> {
        Self::with_orgs(ORGS, load).await
    }

    async fn execute(&self, command: Command) -> anyhow::Result<()> {
        // Ids of version 7 end at random.
        let token = &self.tokens[usize::try_from(command.lead.as_u128() % self.tokens.len() as u128)?];
        let body = &self.steps[command.step];
        let (path, fields) = match command.step {
            0 => (LEADS.to_owned(), body.with_id(command.lead)),
            _ => (format!("{LEADS}/{}/{}", command.lead, body.kind.name), body.fields.clone()),
        };
        let key = Uuid::now_v7().to_string();
        let fields = fields.to_string();
        let request = Request { idempotency_key: Some(&key), ..Request::post(&path, token, &fields) };
        self.send(&request).await?.accepted()?;
        Ok(())
    }
}
