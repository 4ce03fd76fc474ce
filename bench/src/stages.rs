//! Where the time of a command goes, stage by stage: one client, one command after the other, a lead's creation.

use std::time::{Duration, Instant};

use anyhow::ensure;
use uuid::Uuid;
use xentri_domain::aggregate::{Aggregate as _, Facts};
use xentri_domain::kernel::{Actor, Clock as _, OrgId, Principal, Role, Slug, StreamId};
use xentri_domain::lead::{Lead, LeadCommand};
use xentri_domain::registry::Command as AnyCommand;
use xentri_schemas::read_command;

use crate::bodies;
use crate::clock::SystemClock;
use crate::contender::{Command, Contender, Scenario};
use crate::dispatched::{self, Dispatched};
use crate::http::Http;
use crate::measure::Load;

/// Of what takes microseconds.
const REPEATED: u32 = 20_000;
/// Of what goes to Postgres or over a connection.
const COMMANDS: u32 = 1000;
/// Each costs a process that makes it.
const TOKENS: usize = 200;
const LOAD: Load = Load { scenario: Scenario::Create, clients: 1, time: Duration::ZERO };

/// Means.
#[derive(Debug)]
pub(crate) struct Stages {
    parse: Duration,
    decide: Duration,
    /// A whole command in process, and the call in it.
    dispatch: Duration,
    call: Duration,
    over_http: OverHttp,
}

#[derive(Debug)]
struct OverHttp {
    /// An answer that needs nothing.
    answer: Duration,
    /// One that needs the token and the body, which is a bad one.
    refusal: Duration,
    /// The same with a token that was not seen before.
    refusal_new_token: Duration,
    command: Duration,
}

impl Stages {
    pub(crate) async fn measure() -> anyhow::Result<Self> {
        eprintln!("a command stage by stage …");
        let (dispatch, call) = dispatch().await?;
        Ok(Self { parse: parse()?, decide: decide()?, dispatch, call, over_http: OverHttp::measure().await? })
    }

    /// What a command does for itself in process, beside the call that appends it.
    pub(crate) fn own(&self) -> Duration {
        self.dispatch.saturating_sub(self.call)
    }

    pub(crate) fn text(&self) -> Vec<String> {
        let OverHttp { answer, refusal, refusal_new_token, command } = &self.over_http;
        let new_token = refusal_new_token.saturating_sub(*refusal);
        let around = self.own().saturating_sub(self.decide);
        vec![
            format!(
                "a create by stage, one client, means: token seen before and a bad body's refusal {}, a new token {} more; \
                 parse {}; decide {}; authorise, receipt, load, seal and two hand-overs {}; the call that appends it {}",
                micros(refusal.saturating_sub(*answer)),
                micros(new_token),
                micros(self.parse),
                micros(self.decide),
                micros(around),
                micros(self.call),
            ),
            format!(
                "whole: in process {}, over HTTP {}, of which an answer that needs nothing takes {}",
                micros(self.dispatch),
                micros(*command),
                micros(*answer),
            ),
        ]
    }
}

fn micros(duration: Duration) -> String {
    let micros = duration.as_secs_f64() * 1e6;
    if micros < 10.0 { format!("{micros:.1} µs") } else { format!("{micros:.0} µs") }
}

fn parse() -> anyhow::Result<Duration> {
    let body = bodies::of_lead(0)?;
    let text = body.with_id(Uuid::now_v7()).to_string();
    let start = Instant::now();
    for _ in 0..REPEATED {
        let read = read_command(body.kind, std::hint::black_box(text.as_bytes()));
        ensure!(std::hint::black_box(read).is_ok(), "the body was refused");
    }
    Ok(start.elapsed() / REPEATED)
}

fn decide() -> anyhow::Result<Duration> {
    let AnyCommand::Lead(LeadCommand::Capture(capture)) = dispatched::read(&bodies::of_lead(0)?)? else {
        anyhow::bail!("a lead is captured first");
    };
    let (org, new) = (OrgId::try_from(Uuid::now_v7())?, StreamId::try_from(Uuid::now_v7())?);
    let principal = Principal::new(org, Actor::System(Slug::parse("bench")?), Role::Owner);
    let facts = Facts::new(principal, new, SystemClock.now(), new);
    let lead = Lead::default();
    let start = Instant::now();
    for _ in 0..REPEATED {
        let decision = lead.decide(LeadCommand::Capture(capture.clone()), std::hint::black_box(&facts));
        ensure!(std::hint::black_box(decision).is_ok(), "the command was refused");
    }
    Ok(start.elapsed() / REPEATED)
}

async fn dispatch() -> anyhow::Result<(Duration, Duration)> {
    let contender = Dispatched::set_up(LOAD).await?;
    let took = creates(&contender).await?;
    Ok((took, contender.calls().map(|calls| calls.took).unwrap_or_default()))
}

/// After as many that are not counted.
async fn creates(contender: &impl Contender) -> anyhow::Result<Duration> {
    let mut start = Instant::now();
    for n in 0..2 * COMMANDS {
        if n == COMMANDS {
            start = Instant::now();
        }
        contender.execute(Command { lead: Uuid::now_v7(), step: 0 }).await?;
    }
    Ok(start.elapsed() / COMMANDS)
}

impl OverHttp {
    async fn measure() -> anyhow::Result<Self> {
        let http = Http::<false>::set_up(LOAD).await?;
        let command = creates(&http).await?;
        let start = Instant::now();
        for _ in 0..COMMANDS {
            http.needs_nothing().await?;
        }
        let answer = start.elapsed() / COMMANDS;
        let start = Instant::now();
        for _ in 0..COMMANDS {
            http.is_refused(None).await?;
        }
        let refusal = start.elapsed() / COMMANDS;
        let tokens = http.new_tokens(TOKENS).await?;
        let start = Instant::now();
        for token in &tokens {
            http.is_refused(Some(token)).await?;
        }
        let refusal_new_token = start.elapsed() / u32::try_from(TOKENS)?;
        Ok(Self { answer, refusal, refusal_new_token, command })
    }
}
