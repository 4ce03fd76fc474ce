//! What each fold makes of a golden stream: a fold that makes another state has to say so by its version, because snapshots
//! that the old one made are read until then.
//!
//! `samples/folds/{stream_type}.json` holds the version of the fold and, for every golden sample of the stream's events,
//! the hash of the state after it. New samples are added at the end.

use serde::{Deserialize, Serialize};
use xentri_domain::aggregate::{EventSet, Stream};
use xentri_domain::registry::{STREAM_TYPES, StreamVisitor, event_kinds, visit_streams};
use xentri_schemas::Digest;

use crate::files::{self, Generated};
use crate::samples;

#[derive(Default, Serialize, Deserialize)]
struct Golden {
    fold_version: u32,
    steps: Vec<Step>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Step {
    /// Schema and line of the sample.
    event: String,
    /// The sample's hash.
    body: Digest,
    /// The hash of the state after it.
    state: Digest,
}

#[derive(Default)]
struct Folds {
    generated: Generated,
    /// Folds that changed and did not say so.
    silent: Vec<String>,
}

impl StreamVisitor for Folds {
    fn visit<S: Stream>(&mut self) {
        let path = format!("samples/folds/{}.json", S::TYPE);
        let there: Golden =
            files::read(&path).map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default();
        let steps = fold::<S>(&there.steps);
        if there.fold_version == S::FOLD_VERSION
            && let Some(event) = changed(&there.steps, &steps)
        {
            self.silent.push(format!("{}: another state after {event}", S::TYPE));
            return;
        }
        let golden = serde_json::to_value(Golden { fold_version: S::FOLD_VERSION, steps }).unwrap();
        self.generated.put(&path, &files::pretty_data(&golden));
    }
}

/// Folds the samples in the order of the table, then those that it does not have yet.
fn fold<S: Stream>(known: &[Step]) -> Vec<Step> {
    let bodies = bodies::<S>();
    let there = known.iter().filter_map(|step| bodies.iter().find(|(event, _)| *event == step.event));
    let new = bodies.iter().filter(|(event, _)| known.iter().all(|step| step.event != *event));
    let mut state = S::default();
    let step = |(event, body): &(String, String)| {
        state.apply(&S::Event::try_from(samples::envelope(body).payload).unwrap());
        let state = Digest::of(&serde_json::to_string(&state).unwrap());
        Step { event: event.clone(), body: Digest::of(body), state }
    };
    there.chain(new).map(step).collect()
}

/// Every sample of the stream's events, those of older versions first.
fn bodies<S: Stream>() -> Vec<(String, String)> {
    let today: Vec<&str> = S::Event::KINDS.iter().map(|kind| kind.schema).collect();
    let older = samples::names().into_iter().filter(|name| {
        event_kinds().all(|kind| kind.schema != name)
            && samples::bodies(name)
                .first()
                .is_some_and(|body| samples::envelope(body).payload.kind().stream_type == S::TYPE)
    });
    let names = older.chain(today.into_iter().map(str::to_owned));
    let lines = |name: String| {
        let bodies = samples::bodies(&name);
        bodies.into_iter().enumerate().map(move |(n, body)| (format!("{name}, line {}", n + 1), body))
    };
    names.flat_map(lines).collect()
}

/// The first step at which the same events have come to another state.
fn changed<'a>(there: &'a [Step], now: &[Step]) -> Option<&'a str> {
    let same_events = there.iter().zip(now).take_while(|(a, b)| a.event == b.event && a.body == b.body);
    same_events.filter(|(a, b)| a.state != b.state).map(|(a, _)| a.event.as_str()).next()
}

#[test]
fn generated_folds_make_the_states_of_their_version() {
    let mut folds = Folds::default();
    visit_streams(&mut folds);
    assert!(
        folds.silent.is_empty(),
        "\n\nA fold changed without a new version:\n  {}\n\nSnapshots of the old one would still be read: raise FOLD_VERSION of the stream, \
         then run `make schemas`.\n",
        folds.silent.join("\n  "),
    );
    folds.generated.only(
        "samples/folds",
        ".json",
        &STREAM_TYPES.iter().copied().map(str::to_owned).collect::<Vec<_>>(),
    );
    folds.generated.finish();
}

#[test]
fn a_changed_fold_is_found_and_a_changed_sample_is_not_taken_for_one() {
    let step = |event: &str, body: &str, state: &str| Step {
        event: event.to_owned(),
        body: Digest::of(body),
        state: Digest::of(state),
    };
    let there = [step("a", "1", "x"), step("b", "2", "y")];
    assert_eq!(changed(&there, &there), None);
    assert_eq!(changed(&there, &[step("a", "1", "x"), step("b", "2", "other")]), Some("b"));
    assert_eq!(changed(&there, &[step("a", "1", "x"), step("b", "2", "y"), step("c", "3", "z")]), None);
    assert_eq!(changed(&there, &[step("a", "edited", "other"), step("b", "2", "other")]), None);
}
