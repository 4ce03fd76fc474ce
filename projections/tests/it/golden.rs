//! What each fold makes of a fixed history. A fold that makes other rows has to say so by its version: else the rows that it made
//! yesterday and those that it makes today stand in one table, and no rebuild can tell which are right.
//!
//! The history is the golden samples of events, which belong to one org. `golden/{projection}.jsonl` has a line for each that touches
//! rows: `after` is the hash of all rows and sums after the history up to it, `alone` of those after nothing but the beginnings
//! of streams and it. Lines of versions that there were stay; new samples come last. `make schemas` writes what is new.

use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::kernel::{EventId, Timestamp};
use xentri_domain::registry::{STREAM_TYPES, event_kinds};
use xentri_ledger::Shard;
use xentri_projections::kit::{Build, CellValue, KeyPart, LedgerEvent, ReadModel, Took};
use xentri_projections::read_models;
use xentri_schemas::{Digest, Reading};

use crate::files::{self, Generated};

/// A golden sample.
#[derive(Clone)]
struct Sample {
    /// Schema and line.
    name: String,
    line: usize,
    body: String,
    event: LedgerEvent,
}

#[derive(Debug, Clone, PartialEq)]
struct Step {
    event: String,
    body: String,
    after: String,
    alone: String,
}

impl Step {
    fn read(line: &Value) -> Self {
        let field = |name: &str| line[name].as_str().unwrap().to_owned();
        Self { event: field("event"), body: field("body"), after: field("after"), alone: field("alone") }
    }

    fn line(&self, version: i32) -> String {
        let Self { event, body, after, alone } = self;
        format!(
            "{}\n",
            json!({ "version": version, "event": event, "body": body, "after": after, "alone": alone })
        )
    }
}

/// Every sample, those that are open first, each stream as it goes on.
fn samples() -> Vec<Sample> {
    let mut all: Vec<Sample> =
        files::names("samples/events", ".jsonl").iter().flat_map(|name| lines(name)).collect();
    let stream = |sample: &Sample| {
        let of = sample.event.stream().stream_type;
        // Who is forgotten was there before.
        (of == "subject", STREAM_TYPES.iter().position(|name| *name == of))
    };
    all.sort_by_key(|sample| (sample.line, stream(sample), sample.event.version(), sample.name.clone()));
    all
}

fn lines(schema: &str) -> Vec<Sample> {
    let text = files::read(&format!("samples/events/{schema}.jsonl")).unwrap();
    let sample = |(line, body): (usize, &str)| {
        let Ok(Reading::Event(envelope)) = Reading::of(body) else { panic!("{schema} is no event: {body}") };
        let recorded_at = Timestamp::MIN;
        let event =
            LedgerEvent { shard: Shard::new(0), epoch: 1, position: 0, org_seq: 0, recorded_at, envelope };
        Sample { name: format!("{schema}, line {}", line + 1), line, body: body.to_owned(), event }
    };
    text.lines().enumerate().map(sample).collect()
}

/// The event as the nth of a ledger.
fn nth(n: usize, sample: &Sample) -> LedgerEvent {
    let n = n as u64 + 1;
    let mut event = sample.event.clone();
    event.envelope.id =
        EventId::try_from(Uuid::from_u64_pair(0x0190_a5e1_0000_7000, 0x8000_0000_0000_0000 | n)).unwrap();
    (event.position, event.org_seq) = (n, n);
    event.recorded_at =
        Timestamp::from_micros(1_772_452_800_000_000 + i64::try_from(n).unwrap() * 1_000_000).unwrap();
    event
}

/// What becomes of the last one, and the hash of all that is there then.
fn told(model: &dyn ReadModel, history: &[&Sample]) -> (Took, String) {
    let mut build = model.build(KeyPart::WHOLE);
    let mut took = Took::Passed;
    for (n, sample) in history.iter().enumerate() {
        took = build.fold(&nth(n, sample));
    }
    (took, Digest::of(&rows(&mut *build).to_string()).to_string())
}

fn rows(build: &mut dyn Build) -> Value {
    let mut tables = Vec::new();
    for mut table in build.take().tables() {
        let columns: Vec<_> = table.columns().iter().map(|column| column.name).collect();
        let mut rows = Vec::new();
        let mut row = Vec::new();
        while table.next(&mut |cell| row.push(written(cell))) {
            rows.push(Value::from(std::mem::take(&mut row)));
        }
        tables.push(json!({ "table": table.name(), "columns": columns, "rows": rows }));
    }
    tables.into()
}

fn written(cell: CellValue<'_>) -> Value {
    match cell {
        CellValue::Null => Value::Null,
        CellValue::Uuid(id) => json!(id.to_string()),
        CellValue::Bool(value) => json!(value),
        CellValue::Int(value) => json!(value),
        CellValue::Bigint(value) => json!(value),
        CellValue::Text(value) => json!(value),
        CellValue::Moment(value) => json!(value.to_string()),
        CellValue::Date(value) => json!(value.to_string()),
        CellValue::Json(value) => value.clone(),
    }
}

/// The first event of each type of stream that has an open sample.
fn beginnings(samples: &[Sample]) -> Vec<&Sample> {
    let first = |stream_type: &&str| {
        let kind = event_kinds().find(|kind| kind.stream_type == *stream_type)?;
        samples
            .iter()
            .find(|sample| sample.line == 0 && sample.event.payload().kind().type_name == kind.type_name)
    };
    STREAM_TYPES.iter().filter(|name| **name != "subject").filter_map(first).collect()
}

/// In the order in which they stand there, and those that do not yet after them.
fn steps(model: &dyn ReadModel, samples: &[Sample], known: &[Step]) -> Vec<Step> {
    let there = known.iter().filter_map(|step| samples.iter().find(|sample| sample.name == step.event));
    let new = samples.iter().filter(|sample| known.iter().all(|step| step.event != sample.name));
    let matters = |sample: &&Sample| !model.keys(&sample.event).is_empty();
    let history: Vec<&Sample> = there.chain(new).filter(matters).collect();
    let begun = beginnings(samples);
    let step = |n: usize| {
        let sample = history[n];
        let (_, after) = told(model, &history[..=n]);
        let (took, alone) = told(model, &[begun.as_slice(), &[sample]].concat());
        assert_eq!(
            took,
            Took::Folded,
            "{} does nothing to {}: it needs a beginning",
            sample.name,
            model.name()
        );
        Step { event: sample.name.clone(), body: Digest::of(&sample.body).to_string(), after, alone }
    };
    (0..history.len()).map(step).collect()
}

/// The first step at which the same events have come to other rows.
fn changed<'a>(there: &'a [Step], now: &[Step]) -> Option<&'a str> {
    let same_events = there.iter().zip(now).take_while(|(a, b)| a.event == b.event && a.body == b.body);
    same_events
        .filter(|(a, b)| (&a.after, &a.alone) != (&b.after, &b.alone))
        .map(|(a, _)| a.event.as_str())
        .next()
}

/// Lines of older versions, and the steps of this one.
fn committed(text: &str, version: i32) -> Result<(String, Vec<Step>), i64> {
    let (mut older, mut steps) = (String::new(), Vec::new());
    for line in text.lines() {
        let step: Value = serde_json::from_str(line).unwrap();
        match step["version"].as_i64().unwrap() {
            of if of < i64::from(version) => older.extend([line, "\n"]),
            of if of == i64::from(version) => steps.push(Step::read(&step)),
            of => return Err(of),
        }
    }
    Ok((older, steps))
}

/// The file as it should be, or what is wrong with the fold.
fn golden(model: &dyn ReadModel, samples: &[Sample], text: &str) -> Result<String, String> {
    let (name, version) = (model.name(), model.version());
    let (older, there) = committed(text, version)
        .map_err(|newer| format!("{name}: it has been at version {newer}, and {version} is taken"))?;
    let now = steps(model, samples, &there);
    match changed(&there, &now) {
        Some(event) => Err(format!("{name} makes other rows of version {version}, first after {event}")),
        None => Ok(older + &now.iter().map(|step| step.line(version)).collect::<String>()),
    }
}

#[test]
fn generated_rows_are_those_of_their_version() {
    let (samples, mut generated, mut silent) = (samples(), Generated::default(), Vec::new());
    for model in read_models() {
        let path = format!("../projections/golden/{}.jsonl", model.name());
        match golden(&*model, &samples, &files::read(&path).unwrap_or_default()) {
            Ok(text) => generated.put(&path, &text),
            Err(fault) => silent.push(fault),
        }
    }
    assert!(
        silent.is_empty(),
        "\n\nA fold changed without a new version:\n  {}\n\nWhat is built would be of both. Raise VERSION of the projection and the number in \
         its table.sql (projections/README.md, \"Change one\"), then run `make schemas`.\n",
        silent.join("\n  "),
    );
    let names: Vec<_> = read_models().iter().map(|model| model.name().to_owned()).collect();
    generated.only("../projections/golden", ".jsonl", &names);
    generated.finish();
}

#[test]
fn rows_that_differ_after_any_event_are_found() {
    let samples = samples();
    for model in read_models() {
        let now = steps(&*model, &samples, &[]);
        assert_eq!(changed(&now, &now), None);
        for n in 0..now.len() {
            let (mut after, mut alone) = (now.clone(), now.clone());
            after[n].after = Digest::of("other rows").to_string();
            alone[n].alone = Digest::of("other rows").to_string();
            for there in [after, alone] {
                assert_eq!(changed(&there, &now), Some(now[n].event.as_str()), "{}", model.name());
            }
        }
    }
}

#[test]
fn a_new_version_keeps_the_lines_of_the_old_and_an_old_one_does_not_come_back() {
    let samples = samples();
    for model in read_models() {
        let text = golden(&*model, &samples, "").unwrap();
        let of = |version: i32| {
            text.replace(&format!("\"version\":{}}}", model.version()), &format!("\"version\":{version}}}"))
        };
        let (before, later) = (of(model.version() - 1), of(model.version() + 1));
        assert_eq!(golden(&*model, &samples, &before), Ok(before.clone() + &text));
        assert!(golden(&*model, &samples, &later).unwrap_err().contains("is taken"));
    }
}

/// New samples come behind those that are there, wherever their names would have them.
#[test]
fn a_sample_that_is_new_changes_no_line_that_is_there() {
    let samples = samples();
    let begun: Vec<_> = beginnings(&samples).iter().map(|sample| sample.name.clone()).collect();
    for model in read_models() {
        let is_new =
            |sample: &&Sample| !begun.contains(&sample.name) && !model.keys(&sample.event).is_empty();
        // The org's settings begin with the org, and whoever dismisses with nothing.
        let Some(new) = samples.iter().find(is_new) else { continue };
        let before: Vec<_> = samples.iter().filter(|sample| sample.name != new.name).cloned().collect();
        let there = golden(&*model, &before, "").unwrap();
        let now = golden(&*model, &samples, &there).unwrap();
        let added = now.strip_prefix(&there).expect("what was there stays");
        assert!(added.lines().count() == 1 && added.contains(&new.name), "{}: {added}", model.name());
    }
}
