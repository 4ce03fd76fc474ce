//! What items say, in each language: a text has a key, and `{name}` where an argument stands.
//!
//! A part in `[…]` is left out when an argument in it is missing: a fact that the event did not bring, or the name of what
//! the item is about, which whoever shows the item looks up (`{lead}`, `{invoice}`) if the reader may see it.

mod en;
mod es;
mod format;

use serde_json::Value;
use xentri_domain::kernel::{Language, TimeZone};

use super::{Argument, PulseItemRow};

/// What the item is about, by the name that the text has for it.
pub type Names<'a> = &'a [(&'a str, &'a str)];

/// Stands where an argument is missing that an older release did not write.
const MISSING: &str = "…";

/// Writes items for a reader.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    pub language: Language,
    /// In whose days moments are said.
    pub zone: &'a TimeZone,
}

impl Writer<'_> {
    pub fn title(&self, item: &PulseItemRow, names: Names<'_>) -> String {
        self.write(item.title_key.as_deref().unwrap_or_default(), &item.arguments.0, names)
    }

    pub fn summary(&self, item: &PulseItemRow, names: Names<'_>) -> Option<String> {
        Some(self.write(item.summary_key.as_deref()?, &item.arguments.0, names))
    }

    /// A key that no catalogue has, as a newer release may have written it, stands for itself.
    pub(super) fn write(&self, key: &str, arguments: &Value, names: Names<'_>) -> String {
        let Some(text) = text(self.language, key) else { return key.to_owned() };
        let find = |name: &str| {
            let looked_up = names.iter().find(|(known, _)| *known == name);
            let looked_up = looked_up.map(|(_, text)| (*text).to_owned());
            looked_up.or_else(|| Argument::of(&arguments[name]).map(|argument| self.say(&argument)))
        };
        fill(text, &find)
    }

    fn say(&self, argument: &Argument) -> String {
        match argument {
            Argument::Money(money) => format::money(self.language, *money),
            Argument::Date(date) => format::date(self.language, *date),
            Argument::Moment(moment) => format::date(self.language, self.zone.local_date(*moment)),
            Argument::Count(count) => count.to_string(),
            Argument::Word(key) => text(self.language, key).unwrap_or(key).to_owned(),
            Argument::Text(text) => text.clone(),
        }
    }
}

/// In English where the language does not have it.
fn text(language: Language, key: &str) -> Option<&'static str> {
    find(catalogue(language), key).or_else(|| find(en::TEXTS, key))
}

pub(super) fn catalogue(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::En => en::TEXTS,
        Language::Es => es::TEXTS,
    }
}

fn find(texts: &'static [(&'static str, &'static str)], key: &str) -> Option<&'static str> {
    texts.iter().find(|(known, _)| *known == key).map(|(_, text)| *text)
}

fn fill(text: &str, find: &dyn Fn(&str) -> Option<String>) -> String {
    let always = |name: &str| Some(find(name).unwrap_or_else(|| MISSING.to_owned()));
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let (optional, behind) = after.split_once(']').unwrap_or((after, ""));
        filled.extend(part(before, &always));
        filled.extend(part(optional, find));
        rest = behind;
    }
    filled.extend(part(rest, &always));
    filled
}

/// None when something in it is missing.
fn part(text: &str, find: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(&find(name)?);
        rest = behind;
    }
    filled.push_str(rest);
    Some(filled)
}

#[cfg(test)]
mod tests;
