//! Any commands in any order: what must hold of an aggregate whatever is asked of it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use super::scenario::{facts, fold, read_event, write_event};
use super::table::Column;
use super::{Aggregate, CommandSet, EventSet, Facts, Halt, Stream};
use crate::kernel::{StreamId, Timestamp};

const SEED: &str = "XENTRI_TEST_SEED";

/// Each aggregate is tried with that many sequences.
pub(crate) const SEQUENCES: u32 = 10_000;

/// Runs sequences of commands, one a minute, an hour or a day, against an aggregate that starts with nothing. A command that
/// is refused leaves the state as it was. After each, `holds` looks at the state before and after; beside that
/// - no command makes `decide` panic, and the same one decided twice gives the same decision;
/// - every event is read back from what is written of it, and leads to the same state;
/// - a state is read back from what is written of it.
///
/// `answer` adds to the facts the streams that a decision asks for.
pub(crate) fn check<A: Aggregate>(
    commands: impl Strategy<Value = (&'static str, Value)>,
    answer: impl Fn(&mut Facts, &super::Unread),
    holds: impl Fn(&A, &A, &[A::Event]),
) {
    check_from::<A>(&[("nothing", vec![])], commands, answer, |told| {
        holds(told.before, told.after, told.new);
    });
}

/// What a sequence has come to, after a command that was not refused.
pub(crate) struct Told<'a, A: Aggregate> {
    pub(crate) before: &'a A,
    pub(crate) after: &'a A,
    pub(crate) new: &'a [A::Event],
    /// All that has happened, each with its moment, `new` at the end.
    pub(crate) events: &'a [(Timestamp, A::Event)],
}

/// As [`check`], from any of these histories on: for what short sequences from nothing hardly ever come to, and for
/// what can be told by the whole of a history only.
pub(crate) fn check_from<A: Aggregate>(
    histories: &[Column],
    commands: impl Strategy<Value = (&'static str, Value)>,
    answer: impl Fn(&mut Facts, &super::Unread),
    holds: impl Fn(&Told<'_, A>),
) {
    let began: BTreeMap<_, _> = histories.iter().map(|(name, history)| (*name, begin(history))).collect();
    let starts = proptest::sample::select(began.keys().copied().collect::<Vec<_>>());
    let paces = proptest::sample::select(vec![1, 60, 24 * 60]);
    each((starts, paces, proptest::collection::vec(commands, 1..14)), |(start, minutes, sequence)| {
        let (mut state, mut events): (A, Vec<_>) = began[start].clone();
        for (n, (name, body)) in sequence.into_iter().enumerate() {
            // A body that the door refuses is no command.
            let Some(Ok(command)) = A::Command::read(name, body) else { continue };
            let facts = facts_of_step(n, Duration::from_mins(minutes));
            let now = facts.now;
            if let Some((after, new)) = step(&state, &command, facts, &answer) {
                events.extend(new.iter().map(|event| (now, event.clone())));
                holds(&Told { before: &state, after: &after, new: &new, events: &events });
                state = after;
            }
        }
    });
}

/// Tries sequences of at most so many steps.
pub(crate) fn sequences<T: Debug>(step: impl Strategy<Value = T>, longest: usize, run: impl Fn(Vec<T>)) {
    each(proptest::collection::vec(step, 1..=longest), run);
}

/// Says of a failure how to see it again.
fn each<T: Debug>(cases: impl Strategy<Value = T>, run: impl Fn(T)) {
    let seed = seed();
    let config = ProptestConfig {
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..ProptestConfig::with_cases(SEQUENCES)
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&cases, |case| {
        run(case);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}\nAgain with {SEED}={seed}");
    }
}

/// Another one each time, unless the environment repeats one.
fn seed() -> u64 {
    let given = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| RandomState::new().hash_one(0))
}

/// What a history comes to, and its events, all of them now.
fn begin<A: Aggregate>(history: &[Value]) -> (A, Vec<(Timestamp, A::Event)>) {
    (fold(history.iter().cloned()), history.iter().map(|event| (facts().now, read_event(event))).collect())
}

/// Each command finds a fresh id and another time.
fn facts_of_step(n: usize, pace: Duration) -> Facts {
    let n = u8::try_from(n).unwrap() + 1;
    let mut facts = facts();
    facts.fresh = StreamId::v7(4, [n; 10]);
    facts.now = facts.now.plus(pace * u32::from(n)).unwrap();
    facts
}

/// The state after the command and its events; none when it was refused.
fn step<A: Aggregate>(
    state: &A,
    command: &A::Command,
    mut facts: Facts,
    answer: &impl Fn(&mut Facts, &super::Unread),
) -> Option<(A, Vec<A::Event>)> {
    let decision = loop {
        let decision = state.decide(command.clone(), &facts);
        assert_eq!(decision, state.decide(command.clone(), &facts), "the same question, another answer");
        match decision {
            Ok(decision) => break decision,
            Err(Halt::Refused(_)) => return None,
            Err(Halt::Unread(unread)) => answer(&mut facts, &unread),
        }
    };
    let mut after = state.clone();
    for event in &decision.events {
        let read: A::Event = read_event(&write_event(event));
        assert_eq!(read, *event, "{} is not what was written", event.kind().type_name);
        after.apply(&read);
    }
    let written = serde_json::to_value(&after).unwrap();
    assert_eq!(
        serde_json::from_value::<A>(written).unwrap(),
        after,
        "a state is read back as it was written"
    );
    Some((after, decision.events))
}

/// For aggregates that look at nothing but themselves and the org.
pub(crate) fn nothing_else(_: &mut Facts, unread: &super::Unread) {
    panic!("it should need no other stream: {unread:?}");
}

/// Adds a stream without events.
pub(crate) fn add_empty<S: Stream>(facts: &mut Facts, unread: &super::Unread) {
    let super::Unread::Streams(streams) = unread else { panic!("{unread:?}") };
    for stream in streams.iter().filter(|stream| stream.stream_type == S::TYPE) {
        facts.add::<S>(stream.id, std::sync::Arc::default());
    }
}
