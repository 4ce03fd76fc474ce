//! The tutorials as their readers follow them: every command is run, every answer that they show is held against the real one.

mod analyst;
mod auditor;
mod commands;
mod frontend;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::process::{output, xentri};

/// Printed between blocks; no answer has it.
const NEXT: &str = "== next block ==";

/// Stands for anything but nothing.
const ANYTHING: char = '…';

/// Commands, and what the tutorial says they print; empty where it shows nothing.
#[derive(Debug)]
struct Step {
    commands: &'static str,
    shown: &'static str,
}

/// Runs a tutorial that begins with a running server, with its words but for those that are replaced.
fn follow(tutorial: &'static str, directory: &Path, replaced: &[(&str, &str)]) {
    let steps = steps(tutorial);
    let (start, steps) = steps.split_first().unwrap();
    assert_eq!(
        start.commands.trim(),
        "make up",
        "the reader's first command, which the test does its own way"
    );
    let printed = run(directory, replaced, steps);
    assert_eq!(printed.len(), steps.len(), "each block has run");
    for (step, printed) in steps.iter().zip(&printed) {
        if let Err(fault) = compare(step.shown, printed) {
            panic!("{fault}\nafter\n{}\nshown:\n{}\nprinted:\n{printed}", step.commands, step.shown);
        }
    }
}

/// What is between fences, each with its language.
fn blocks(tutorial: &str) -> impl Iterator<Item = (&str, &str)> {
    tutorial.split("\n```").skip(1).step_by(2).map(|part| part.split_once('\n').unwrap())
}

/// Blocks of shell, each with the block of an answer that comes next. What is quoted from programs is no part of them.
fn steps(tutorial: &'static str) -> Vec<Step> {
    let mut steps = Vec::new();
    for (language, content) in blocks(tutorial) {
        match (language, steps.last_mut()) {
            ("sh", _) => steps.push(Step { commands: content, shown: "" }),
            ("json" | "text", Some(Step { shown, .. })) if shown.is_empty() => *shown = content,
            ("ts" | "graphql", _) => {}
            _ => panic!("a block of {language} at an unexpected place:\n{content}"),
        }
    }
    steps
}

/// In one shell, as variables and functions go on from block to block; stops at the first command that fails.
fn run(directory: &Path, replaced: &[(&str, &str)], steps: &[Step]) -> Vec<String> {
    let blocks: Vec<&str> = steps.iter().map(|step| step.commands).collect();
    let mut script = format!("set -euo pipefail\n{}", blocks.join(&format!("\necho '{NEXT}'\n")));
    for (words, others) in replaced {
        assert!(script.contains(words), "the tutorial says {words}");
        script = script.replace(words, others);
    }
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).current_dir(directory);
    let program = xentri([]);
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => bash.env(name, value),
            None => bash.env_remove(name),
        };
    }
    let programs = Path::new(program.get_program()).parent().unwrap().to_str().unwrap();
    bash.env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap()));
    let output = output(&mut bash);
    let printed = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the shell gave up: {said}\nprinted so far:\n{printed}");
    printed.split(NEXT).map(|block| block.trim().to_owned()).collect()
}

fn compare(shown: &str, printed: &str) -> Result<(), String> {
    if shown.is_empty() {
        return if printed.is_empty() { Ok(()) } else { Err("nothing is shown".to_owned()) };
    }
    let (shown, printed) = (pieces(shown), pieces(printed));
    if shown.len() != printed.len() {
        return Err(format!("{} pieces are shown, {} are printed", shown.len(), printed.len()));
    }
    shown.iter().zip(&printed).try_for_each(|(shown, printed)| has("", shown, printed))
}

/// JSON values and statuses one after the other; lines of text where it is neither.
fn pieces(text: &str) -> Vec<Value> {
    let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    values.unwrap_or_else(|_| text.trim_end().lines().map(Value::from).collect())
}

/// Answers are shown abridged: fields may be left out, elements of a list may not.
fn has(at: &str, shown: &Value, printed: &Value) -> Result<(), String> {
    match (shown, printed) {
        (Value::Object(shown), Value::Object(printed)) => shown.iter().try_for_each(|(name, shown)| {
            let at = format!("{at}/{name}");
            has(&at, shown, printed.get(name).ok_or(format!("{at} is shown, but not printed"))?)
        }),
        (Value::Array(shown), Value::Array(printed)) if shown.len() == printed.len() => {
            shown.iter().zip(printed).try_for_each(|(shown, printed)| has(&format!("{at}/-"), shown, printed))
        }
        (Value::String(shown), Value::String(printed)) if is_like(shown, printed) => Ok(()),
        _ if shown == printed => Ok(()),
        _ => Err(format!("{at} is shown as {shown}, printed as {printed}")),
    }
}

fn is_like(shown: &str, printed: &str) -> bool {
    let Some((before, shown)) = shown.split_once(ANYTHING) else { return shown == printed };
    let Some(rest) = printed.strip_prefix(before) else { return false };
    // What is left out ends where the next words begin, for the first time or a later one.
    let ends = rest.char_indices().skip(1).map(|(at, _)| at).chain([rest.len()]);
    ends.filter(|at| *at > 0).any(|at| is_like(shown, &rest[at..]))
}

#[test]
fn what_differs_from_the_shown_answer_is_found() {
    let printed = "{\"data\":{\"id\":\"0190\",\"version\":2,\"events\":[{\"type\":\"a.v1\"}]}}\n200";
    let same = |shown: &str| compare(shown, printed);
    assert_eq!(same("{ \"data\": { \"id\": \"…\",\n \"events\": [{ \"type\": \"a.…\" }] } }\n200"), Ok(()));
    for wrong in [
        "{ \"data\": { \"version\": 3 } }\n200",
        "{ \"data\": { \"version\": 2 } }\n201",
        "{ \"data\": { \"version\": 2 } }",
        "{ \"data\": { \"events\": [] } }\n200",
        "{ \"data\": { \"id\": \"0190…\" } }\n200",
        "{ \"data\": { \"org_seq\": 2 } }\n200",
        "{ \"data\": {} }\n200\n{}\n200",
    ] {
        assert!(same(wrong).is_err(), "{wrong}");
    }
    assert_eq!(compare("Bakery is made: …", "Bakery is made: 0190"), Ok(()));
    assert_eq!(compare("… of … fit, in … s", "12 events of 3 orgs of yours fit, in 0.1 s"), Ok(()));
    assert!(compare("… of … fit, in … s", "12 events of fit, in 0.1").is_err());
    assert!(compare("… of …", "12 of ").is_err() && compare("… of …", " of 3").is_err());
    assert!(compare("Bakery is made: …", "Bakery is made: ").is_err());
}
