//! Tells a story to the dispatcher, with a clock that stands at each step's moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use xentri_commands::{CommandRequest, DispatchSettings, Dispatcher, Idempotency, Provenance};
use xentri_domain::kernel::{Actor, Clock, Principal, Role, Slug, StreamId, TimeZone, Timestamp, UserId};
use xentri_domain::registry::command_kinds;
use xentri_ledger::Ledger;
use xentri_schemas::{Environment, command_name, read_command};

use super::orgs::DemoOrg;
use super::story::{Open, Step, Story, Who};
use super::{company, sales};
use crate::gateway::auth::DEVELOPMENT_USERS;

/// The machine may be busy.
const DEADLINE: Duration = Duration::from_secs(30);

/// Stands until it is moved.
struct StoryClock(AtomicI64);

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed)).unwrap_or(Timestamp::MIN)
    }
}

pub(super) async fn tell(ledger: &Ledger, environment: Environment, org: &DemoOrg) -> anyhow::Result<()> {
    let clock = Arc::new(StoryClock(AtomicI64::new(0)));
    let settings = DispatchSettings { environment, deadline: DEADLINE };
    let dispatcher = Dispatcher::new(ledger.clone(), clock.clone(), settings);
    for (number, step) in steps(org)?.into_iter().enumerate() {
        clock.0.store(step.at.as_micros(), Ordering::Relaxed);
        let what = format!("{} of {}, step {number}", step.command, org.name);
        give(&dispatcher, org, number, step).await.with_context(|| format!("the demo stops at {what}"))?;
    }
    Ok(())
}

fn steps(org: &DemoOrg) -> anyhow::Result<Vec<Step>> {
    let mut story = Story::new(org, TimeZone::parse(org.time_zone)?);
    let made = json!({ "id": org.id(), "name": org.name, "time_zone": org.time_zone, "currency": org.currency,
                       "language": org.language, "invoice_prefix": org.prefix });
    story.happen(0, Who::System, "org.create", None, made);
    company::tell(&mut story);
    sales::tell(&mut story, user(Role::Owner))?;
    Ok(story.told())
}

/// Those whose tokens are printed.
fn user(role: Role) -> UserId {
    UserId::of(DEVELOPMENT_USERS, role.as_str())
}

fn principal(org: &DemoOrg, who: Who) -> anyhow::Result<Principal> {
    let user = |role| Principal::new(org.id(), Actor::User(user(role)), role);
    Ok(match who {
        Who::Owner => user(Role::Owner),
        Who::Member => user(Role::Member),
        Who::System => Principal::new(org.id(), Actor::System(Slug::parse("demo")?), Role::Owner),
    })
}

async fn give(dispatcher: &Dispatcher, org: &DemoOrg, number: usize, step: Step) -> anyhow::Result<()> {
    let Step { who, command, stream, mut body, open, .. } = step;
    let principal = principal(org, who)?;
    // What is open depends on what was done; the rest names the command when it comes again.
    let fingerprint = format!("{command} {body}").into_bytes();
    match (open, stream) {
        (Open::Outstanding(percent), Some(invoice)) => {
            let state = now(dispatcher, &principal, "invoice", invoice).await?;
            let left = &state["bill"]["balance"]["outstanding"];
            body["amount"] = left.clone();
            body["amount"]["amount"] = (left["amount"].as_i64().unwrap_or_default() * percent / 100).into();
        }
        (Open::Publishing, Some(site)) => {
            let state = now(dispatcher, &principal, "site", site).await?;
            body["publish_id"] = state["publishing"]["publish_id"].clone();
        }
        _ => {}
    }
    let kind =
        command_kinds().find(|kind| command_name(kind) == command).context("there is no such command")?;
    let idempotency = Idempotency { key: format!("demo-{number}").parse()?, fingerprint };
    let command = match read_command(kind, body.to_string().as_bytes()) {
        Ok(command) => command,
        Err(faults) => bail!("{faults:?}"),
    };
    let provenance = Provenance::from_source(Slug::parse("demo")?);
    let request =
        CommandRequest { command, stream, idempotency: Some(idempotency), if_match: None, provenance };
    dispatcher.dispatch(&principal, request).await?;
    Ok(())
}

async fn now(
    dispatcher: &Dispatcher,
    principal: &Principal,
    stream_type: &'static str,
    stream: StreamId,
) -> anyhow::Result<Value> {
    Ok(dispatcher.state_at(principal, stream_type, stream, u64::MAX).await?)
}
