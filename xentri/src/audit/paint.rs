//! Text for people: in colour on a terminal, unless `NO_COLOR` asks for none.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{ErrorKind, Write as _};

use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use serde_json::Value;

pub(super) const STRONG: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const TYPE: Style = AnsiColor::Cyan.on_default();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();
pub(super) const CHANGED: Style = AnsiColor::Yellow.on_default();

/// What is not to be read without being asked for.
pub(super) const SEALED: &str = "(sealed)";
const FORGOTTEN: &str = "(forgotten)";

pub(super) fn painted(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Lines, of which whoever reads along may have had enough.
pub(super) fn print(lines: &[String]) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    for line in lines {
        match writeln!(out, "{line}") {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            written => written.context("can't write to stdout")?,
        }
    }
    Ok(())
}

/// For programs.
pub(super) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print(&[serde_json::to_string(value).context("can't write JSON")?])
}

/// A row of a database that somebody has tampered with may hold anything, and a terminal does what it is told.
pub(super) fn safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return text.into();
    }
    let escaped = |char: char| -> String {
        if char.is_control() { char.escape_default().collect() } else { char.into() }
    };
    text.chars().map(escaped).collect::<String>().into()
}

/// A value of JSON as people write it, of which what is sealed or forgotten is named as such wherever it stands.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => safe(text).into_owned(),
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("$p") => {
            if fields["$p"].is_null() {
                FORGOTTEN.to_owned()
            } else {
                SEALED.to_owned()
            }
        }
        Value::Object(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|(name, value)| format!("{}: {}", safe(name), shown(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// As in "1 event", "2 events".
pub(super) fn counted(count: impl TryInto<u64>, one: &str) -> String {
    match count.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {one}"),
        many => format!("{many} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_shown_without_what_is_sealed() {
        for (value, expected) in [
            (json!("new"), "new"),
            (json!({ "$p": "AQID" }), "(sealed)"),
            (json!({ "$p": null }), "(forgotten)"),
            (json!([{ "id": 1, "note": { "$p": "AQID" } }, true]), "[{id: 1, note: (sealed)}, true]"),
            (json!({ "amount": 100, "currency": "EUR" }), "{amount: 100, currency: EUR}"),
        ] {
            assert_eq!(shown(&value), expected);
        }
    }

    #[test]
    fn no_text_reaches_a_terminal_that_would_obey_it() {
        assert_eq!(safe("a\u{1b}[2Jb\u{9b}c\nd"), "a\\u{1b}[2Jb\\u{9b}c\\nd");
        assert!(matches!(safe("añ→"), Cow::Borrowed("añ→")));
    }
}
