//! `xentri audit show`.

use serde_json::{Value, json};
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_ledger::{Home, KeyRing, TenantTx, Until};
use xentri_query_api::inquiry::{Cause, History, Step, Told};
use xentri_query_api::time_travel::Change;

use super::Audited;
use super::options::ShowOptions;
use super::paint::{
    BAD, CHANGED, FAINT, GOOD, STRONG, TYPE, counted, painted, print, print_json, safe, shown,
};

/// Between the number of a version and what is told of it.
const INDENT: &str = "      ";
/// A moment that somebody names is worth telling where it is that far from the one at which it was recorded.
const APART: i64 = 60_000_000;

pub(super) async fn run(options: ShowOptions) -> anyhow::Result<()> {
    let ShowOptions { audited, org, stream, until, payload, show_personal } = options;
    let as_json = audited.json;
    Audited::with(audited, async |audited| {
        let keys = audited.keys(show_personal)?;
        let home = audited.home(org).await?;
        let until = until.map_or(Until::Head, Until::Moment);
        let steps = steps(audited, home, stream, until, keys.as_ref()).await?;
        if steps.is_empty() {
            anyhow::bail!("{org} has no {stream}{}", if until == Until::Head { "" } else { " by then" });
        }
        if as_json {
            print_json(&as_value(org, stream, &steps))
        } else {
            print(&as_text(org, stream, &steps, payload))
        }
    })
    .await
}

/// A page in a transaction, so that no snapshot is held for as long as the history is.
async fn steps(
    audited: &Audited,
    home: Home,
    stream: StreamRef,
    until: Until,
    keys: Option<&KeyRing>,
) -> anyhow::Result<Vec<Step>> {
    let Some(mut history) = History::of(stream, keys) else { return Ok(Vec::new()) };
    let mut steps = Vec::new();
    loop {
        let mut tx = match keys {
            Some(_) => TenantTx::read(&audited.databases, home).await?,
            None => TenantTx::audit(&audited.databases, home).await?,
        };
        let page = history.next_in_tx(&mut tx, until).await?;
        tx.commit().await?;
        if page.is_empty() {
            return Ok(steps);
        }
        steps.extend(page);
    }
}

fn as_value(org: OrgId, stream: StreamRef, steps: &[Step]) -> Value {
    json!({ "org_id": org, "stream": { "type": stream.stream_type, "id": stream.id }, "events": steps })
}

fn as_text(org: OrgId, stream: StreamRef, steps: &[Step], payload: bool) -> Vec<String> {
    let mut lines =
        vec![format!("{} of org {org}, {}", painted(STRONG, stream), counted(steps.len(), "event"))];
    for step in steps {
        lines.push(String::new());
        lines.extend(told(step, payload));
    }
    lines
}

/// `payload`: all that the event says, too.
fn told(Step { event, changes }: &Step, payload: bool) -> Vec<String> {
    let Told { recorded_at, type_name, stream, .. } = event;
    let version = painted(STRONG, format_args!("{:>4}", stream.version));
    let mut lines = vec![format!("{version}  {recorded_at}  {}", painted(TYPE, safe(type_name)))];
    let mut indented = |line: String| lines.push(format!("{INDENT}{line}"));
    indented(by(&event.cause));
    if let Some(reason) = reason(event) {
        indented(format!("why: {}", safe(reason)));
    }
    if is_apart(event.occurred_at, *recorded_at) {
        indented(format!("it took place at {}", event.occurred_at));
    }
    indented(painted(FAINT, place(event)));
    let changed = listed(changes);
    let stays = changed.is_empty();
    changed.into_iter().for_each(&mut indented);
    if stays {
        indented("its state stays as it was; it says".to_owned());
    } else if payload {
        indented("it says".to_owned());
    }
    if stays || payload {
        said(&event.payload).into_iter().for_each(indented);
    }
    lines
}

/// Of whoever gave the command, or else of what it was about.
pub(super) fn reason(event: &Told) -> Option<&str> {
    event.cause.reason.as_deref().or(event.payload["reason"].as_str())
}

pub(super) fn by(cause: &Cause) -> String {
    let Cause { actor, on_behalf_of, command, source, .. } = cause;
    let behalf = on_behalf_of.map(|user| format!(" on behalf of user:{user}")).unwrap_or_default();
    format!("{} by {actor}{behalf}, through {}", safe(command), safe(source))
}

fn place(event: &Told) -> String {
    let belongs = event.cause.correlation_id.map(|id| format!(", belongs to {id}"));
    let led = event.cause.causation_id.map(|id| format!(", led to by {id}"));
    let Told { id, org_seq, .. } = event;
    format!(
        "event {id}, number {org_seq} of the org{}{}",
        belongs.unwrap_or_default(),
        led.unwrap_or_default()
    )
}

fn is_apart(occurred: Timestamp, recorded: Timestamp) -> bool {
    (occurred.as_micros() - recorded.as_micros()).abs() > APART
}

/// What was nothing, what is null and what is empty look the same: there is nothing.
fn listed(changes: &[Change]) -> Vec<String> {
    let is_nothing = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let there = |value: &Option<Value>| value.as_ref().filter(|value| !is_nothing(value)).map(shown);
    let told: Vec<_> = changes
        .iter()
        .map(|change| (change.pointer.trim_start_matches('/'), there(&change.before), there(&change.after)))
        .filter(|(_, before, after)| before.is_some() || after.is_some())
        .collect();
    let width = told.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or_default();
    let line = |(name, before, after): (&str, Option<String>, Option<String>)| {
        let name = format!("{:<width$}", safe(name));
        match (before, after) {
            (Some(before), Some(after)) => {
                format!("{} {name}  {before} {} {after}", painted(CHANGED, "~"), painted(FAINT, "→"))
            }
            (Some(before), None) => format!("{} {name}  {before}", painted(BAD, "-")),
            (None, after) => format!("{} {name}  {}", painted(GOOD, "+"), after.unwrap_or_default()),
        }
    };
    told.into_iter().map(line).collect()
}

/// The fields of a payload, one a line.
fn said(payload: &Value) -> Vec<String> {
    let Value::Object(fields) = payload else { return Vec::new() };
    fields.iter().map(|(name, value)| format!("  {}: {}", safe(name), shown(value))).collect()
}
