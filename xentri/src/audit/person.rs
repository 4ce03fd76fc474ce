//! `xentri audit person`.

use std::collections::BTreeMap;

use anyhow::bail;
use serde_json::json;
use xentri_domain::kernel::OrgId;
use xentri_query_api::inquiry::{Field, Forgetting, Person, PersonEvent, person};

use super::Audited;
use super::options::PersonOptions;
use super::paint::{BAD, FAINT, STRONG, TYPE, counted, painted, print, print_json, safe, shown};
use super::show::{by, reason};

pub(super) async fn run(options: PersonOptions) -> anyhow::Result<()> {
    let PersonOptions { audited, org, subject, show_personal } = options;
    let as_json = audited.json;
    Audited::with(audited, async |audited| {
        let keys = audited.keys(show_personal)?;
        let home = audited.home(org).await?;
        let person = person(&audited.databases, home, subject, keys.as_ref()).await?;
        if person.streams.is_empty() && person.forgotten.is_none() {
            bail!("{org} has no data about {subject}");
        }
        if as_json {
            print_json(&json!({ "org_id": org, "person": person }))
        } else {
            print(&as_text(org, &person, show_personal))
        }
    })
    .await
}

fn as_text(org: OrgId, person: &Person, opens: bool) -> Vec<String> {
    let mut lines = vec![format!("{} of org {org}", painted(STRONG, person.subject_id)), standing(person)];
    lines.extend(held(person, opens));
    lines.extend(mentioned(person));
    lines.extend(shown_in(person));
    lines.extend(forgetting(person));
    lines
}

fn standing(person: &Person) -> String {
    let since = person.forgetting.since.map(|since| format!("known since {since}")).unwrap_or_default();
    let Some(event) = &person.forgotten else { return format!("{since}, not forgotten") };
    let why = reason(event).map(|why| format!(", why: {}", safe(why))).unwrap_or_default();
    format!("{since}, {} at {}, {}{why}", painted(STRONG, "forgotten"), event.recorded_at, by(&event.cause))
}

fn held(person: &Person, opens: bool) -> Vec<String> {
    let mut lines = vec![String::new(), "holds data about them".to_owned()];
    for stream in &person.streams {
        lines.push(format!("  {}/{}", stream.stream_type, stream.id));
        for PersonEvent { event, fields } in &stream.events {
            let (number, name) = (painted(STRONG, event.org_seq), painted(TYPE, safe(&event.type_name)));
            lines.push(format!("    {number}  {}  {name}  {}", event.recorded_at, told(fields, opens)));
        }
    }
    lines
}

fn told(fields: &[Field], opens: bool) -> String {
    let name = |field: &Field| safe(field.pointer.trim_start_matches('/')).into_owned();
    let told = |field: &Field| {
        if opens { format!("{}: {}", name(field), shown(&field.value)) } else { name(field) }
    };
    fields.iter().map(told).collect::<Vec<_>>().join(", ")
}

/// By their types: there may be many.
fn mentioned(person: &Person) -> Vec<String> {
    let mut of_type: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &person.mentions {
        *of_type.entry(&event.type_name).or_default() += 1;
    }
    let mut lines = Vec::new();
    if !of_type.is_empty() {
        lines.extend([String::new(), "names them by their id alone".to_owned()]);
    }
    lines.extend(
        of_type
            .iter()
            .map(|(name, count)| format!("  {}  {}", painted(TYPE, safe(name)), counted(*count, "event"))),
    );
    lines
}

fn shown_in(person: &Person) -> Vec<String> {
    let mut lines = vec![String::new(), "rows of read models".to_owned()];
    if person.shown_in.is_empty() {
        lines.push("  none".to_owned());
    }
    for shown in &person.shown_in {
        let rows: Vec<_> = shown.rows.iter().map(ToString::to_string).collect();
        lines.push(format!("  {}  {}", shown.read_model, rows.join(", ")));
    }
    lines
}

fn forgetting(person: &Person) -> Vec<String> {
    let Forgetting { to_do, events, fields, overlooked, .. } = &person.forgetting;
    let (events, fields) = (counted(*events, "event"), counted(*fields, "field"));
    let models: Vec<_> = person.shown_in.iter().map(|shown| shown.read_model).collect();
    let models = if models.is_empty() { "read models".to_owned() } else { models.join(" and ") };
    let mut lines = vec![String::new()];
    if *to_do {
        let streams = counted(person.streams.len(), "stream");
        lines.extend([
            "forgetting them will".to_owned(),
            format!(
                "  append xentri.subject.forgotten.v1, which names {streams}, and destroy their key with it"
            ),
            format!("  leave {fields} of {events} sealed for ever, and empty them in {models}"),
            "  change no event and no hash: checkpoints and exports still verify".to_owned(),
            format!("  by POST /api/v1/core/subjects/{}/forget", person.subject_id),
        ]);
    } else {
        lines.push(format!("{fields} of {events} are sealed for ever, and empty in {models}"));
    }
    lines.push(painted(
        FAINT,
        "reasons, briefs and pages are not personal by themselves: nobody has looked there",
    ));
    for stream in overlooked {
        lines.push(format!("{} {stream} is not in the register of this person", painted(BAD, "overlooked:")));
    }
    lines
}
