//! `xentri audit trace`.

use anyhow::bail;
use serde_json::json;
use xentri_domain::kernel::OrgId;
use xentri_query_api::inquiry::{Act, Caused, Trace, trace};

use super::Audited;
use super::options::TraceOptions;
use super::paint::{STRONG, TYPE, counted, painted, print, print_json, safe};
use super::show::{by, reason};

pub(super) async fn run(options: TraceOptions) -> anyhow::Result<()> {
    let TraceOptions { audited, org, correlation } = options;
    let as_json = audited.json;
    Audited::with(audited, async |audited| {
        let home = audited.home(org).await?;
        let trace = trace(&audited.databases, home, correlation).await?;
        match trace.belongs_to {
            _ if trace.events > 0 => {}
            Some(other) => bail!("{correlation} is an event of {org}, which belongs to {other}: trace that"),
            None => bail!("nothing in {org} belongs to {correlation}"),
        }
        if as_json {
            print_json(&json!({ "org_id": org, "trace": trace }))
        } else {
            print(&as_text(org, &trace))
        }
    })
    .await
}

fn as_text(org: OrgId, trace: &Trace) -> Vec<String> {
    let (events, commands) = (counted(trace.events, "event"), counted(trace.commands, "command"));
    let streams = counted(trace.streams(), "stream");
    let id = painted(STRONG, trace.correlation_id);
    let mut lines = vec![format!("{id} in org {org}: {events} of {commands}, on {streams}")];
    for act in &trace.acts {
        lines.push(String::new());
        lines.extend(head(act, true));
        events_of(&mut lines, act, "");
    }
    lines
}

/// Who did what, and when.
fn head(act: &Act, is_root: bool) -> Option<String> {
    let first = act.first()?;
    let elsewhere = first.cause.causation_id.filter(|_| is_root);
    let elsewhere =
        elsewhere.map(|id| format!(", led to by {id}, which is not of these")).unwrap_or_default();
    let why = reason(first).map(|reason| format!(", why: {}", safe(reason))).unwrap_or_default();
    Some(format!("{} at {}{why}{elsewhere}", by(&first.cause), first.recorded_at))
}

/// `before` stands before every line: the branches that go on.
fn events_of(lines: &mut Vec<String>, act: &Act, before: &str) {
    let last = act.events.len().saturating_sub(1);
    for (place, Caused { event, led_to }) in act.events.iter().enumerate() {
        let (branch, below) = if place == last { ("└─", "   ") } else { ("├─", "│  ") };
        let (stream, number) = (&event.stream, painted(STRONG, event.org_seq));
        lines.push(format!(
            "{before}{branch} {number}  {}  {}/{} version {}",
            painted(TYPE, safe(&event.type_name)),
            safe(&stream.stream_type),
            stream.id,
            stream.version
        ));
        let before = format!("{before}{below}");
        for act in led_to {
            lines.extend(head(act, false).map(|head| format!("{before}{head}")));
            events_of(lines, act, &before);
        }
    }
}
