//! Queries to the real server, of an org that has much to show.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::json;

use super::Http;
use super::client::Request;
use crate::bodies;
use crate::contender::{Command, Contender, Scenario};
use crate::fanout::fold;
use crate::fill::fill;
use crate::measure::Load;

/// Most of them just captured, some with all that becomes of a lead.
const CAPTURED: u64 = 80_000;
const WON: u64 = 20_000;
const INVOICES: usize = 2_000;

/// What a page of the product asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// The first page of a long list.
    Leads,
    /// All that whoever owns a company sees in the morning.
    Dashboard,
}

impl Question {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Leads => "20 of 100 000 leads",
            Self::Dashboard => "dashboard",
        }
    }

    pub(crate) fn clients(self) -> usize {
        match self {
            Self::Leads => 64,
            Self::Dashboard => 16,
        }
    }

    fn query(self) -> &'static str {
        match self {
            Self::Leads => {
                "{ leads(first: 20) { totalCount pageInfo { hasNextPage endCursor } \
                 edges { cursor node { id version name email company state createdAt value { formatted } } } } }"
            }
            Self::Dashboard => {
                "{ pipeline { state currency leads value { formatted } } \
                 receivables { currency open { amount { formatted } } overdue { amount { formatted } } } \
                 revenue(by: MONTH) { month currency invoices gross { formatted } } \
                 pulse(scope: STRATEGY, first: 10) { edges { node { title importance } } } \
                 leads(first: 20) { edges { node { id name state timeline(last: 5) { type occurredAt } } } } }"
            }
        }
    }
}

/// A server and whoever owns the one org.
pub(crate) struct Graphql {
    http: Http<false>,
    body: String,
}

impl Graphql {
    pub(crate) async fn asked(question: Question, time: Duration) -> anyhow::Result<Self> {
        let load = Load { scenario: Scenario::Create, clients: question.clients(), time };
        let http = Arc::new(Http::<false>::with_orgs(1, load).await?);
        fill(&http, Scenario::Lifecycle, WON * Scenario::Lifecycle.events()).await?;
        fill(&http, Scenario::Create, CAPTURED).await?;
        let http = Arc::into_inner(http).context("somebody fills it still")?;
        invoices(&http).await?;
        fold(http.server.database()).await?;
        // The server has closed those that lay idle meanwhile.
        http.connect(question.clients()).await?;
        let graphql = Self { http, body: json!({ "query": question.query() }).to_string() };
        graphql.ask().await?;
        Ok(graphql)
    }

    async fn ask(&self) -> anyhow::Result<()> {
        let request = Request::post("/graphql", &self.http.tokens[0], &self.body);
        let answer = self.http.send(&request).await?.accepted()?;
        let failed = answer.body.windows(9).any(|bytes| bytes == b"\"errors\":");
        ensure!(!failed, "answered with errors: {}", String::from_utf8_lossy(&answer.body));
        Ok(())
    }
}

async fn invoices(http: &Http<false>) -> anyhow::Result<()> {
    let (token, draft) = (&http.tokens[0], bodies::draft()?.fields.to_string());
    for _ in 0..INVOICES {
        let drafted =
            http.send(&Request::post("/api/v1/finance/invoices", token, &draft)).await?.accepted()?;
        let drafted = drafted.json()?;
        let id = drafted["data"]["id"].as_str().context("the invoice has no id")?;
        http.send(&Request::post(&format!("/api/v1/finance/invoices/{id}/issue"), token, "{}"))
            .await?
            .accepted()?;
    }
    Ok(())
}

impl Contender for Graphql {
    /// With what a list alone needs.
    async fn set_up(load: Load) -> anyhow::Result<Self> {
        Self::asked(Question::Leads, load.time).await
    }

    /// The command says only that it is time for a question.
    async fn execute(&self, _: Command) -> anyhow::Result<()> {
        self.ask().await
    }
}
