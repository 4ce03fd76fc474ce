//! The whole table of an aggregate: every command in every state, each cell its events or its refusal.

use std::collections::BTreeSet;

use serde_json::Value;

use super::scenario::{Given, given};
use super::{Aggregate, CommandSet};
use crate::kernel::Coded;

/// A state by its name, and a history that leads there.
pub(crate) type Column = (&'static str, Vec<Value>);

/// A command, a body that is right where the command is, and its cells from left to right: the subjects and actions
/// of its events, as in `deal.won`, or `!` and the code of the refusal. `nothing` is a decision without events.
pub(crate) type Row<'a> = (&'static str, Value, &'a [&'static str]);

pub(crate) fn check<A: Aggregate>(columns: &[Column], rows: &[Row<'_>]) {
    check_with::<A>(columns, rows, |_, given| given);
}

/// `among` adds what else is among the facts in the state of that name: other streams, another actor.
pub(crate) fn check_with<A: Aggregate>(
    columns: &[Column],
    rows: &[Row<'_>],
    among: impl Fn(&str, Given<A>) -> Given<A>,
) {
    let listed: BTreeSet<_> = rows.iter().map(|(command, ..)| *command).collect();
    let existing: BTreeSet<_> = A::Command::KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(listed, existing, "the table has a row for every command and no other");
    for (command, body, cells) in rows {
        assert_eq!(cells.len(), columns.len(), "{command} has a cell for every state");
        for ((state, history), cell) in columns.iter().zip(*cells) {
            let outcome = among(state, given(history.clone())).when(command, body.clone());
            let actual = match outcome.answer() {
                Ok(types) if types.is_empty() => "nothing".to_owned(),
                Ok(types) => types.iter().map(|name| short(name)).collect::<Vec<_>>().join(" "),
                Err(error) => format!("!{}", error.code()),
            };
            assert_eq!(actual, *cell, "{command} in state {state}");
        }
    }
}

/// `deal.won` of `xentri.deal.won.v1`.
fn short(type_name: &str) -> &str {
    let name = type_name.strip_prefix("xentri.").expect("our prefix");
    name.rsplit_once(".v").expect("a version").0
}
