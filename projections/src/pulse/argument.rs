//! What a text is filled with. Numbers, dates and references only: a person is looked up by whoever shows the item.

use serde_json::{Map, Value, json};
use xentri_domain::kernel::{Date, Money, Timestamp};

/// Kept with its type, because each language writes it in its own way.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    Money(Money),
    Date(Date),
    Moment(Timestamp),
    Count(i64),
    /// The key of another text.
    Word(String),
    /// The same in every language.
    Text(String),
}

/// By name.
pub(super) type Arguments = Vec<(&'static str, Argument)>;

impl Argument {
    fn to_json(&self) -> Value {
        match self {
            Self::Money(money) => json!({ "money": money }),
            Self::Date(date) => json!({ "date": date }),
            Self::Moment(moment) => json!({ "moment": moment }),
            Self::Count(count) => json!({ "count": count }),
            Self::Word(key) => json!({ "word": key }),
            Self::Text(text) => json!({ "text": text }),
        }
    }

    /// None for what this program does not write.
    pub fn of(value: &Value) -> Option<Self> {
        let (kind, value) = value.as_object()?.iter().next()?;
        let text = || value.as_str();
        Some(match kind.as_str() {
            "money" => {
                let currency = value["currency"].as_str()?.parse().ok()?;
                Self::Money(Money::new(value["amount"].as_i64()?, currency).ok()?)
            }
            "date" => Self::Date(text()?.parse().ok()?),
            "moment" => Self::Moment(text()?.parse().ok()?),
            "count" => Self::Count(value.as_i64()?),
            "word" => Self::Word(text()?.to_owned()),
            "text" => Self::Text(text()?.to_owned()),
            _ => return None,
        })
    }
}

pub(super) fn to_json(arguments: &[(&'static str, Argument)]) -> Value {
    let by_name: Map<_, _> =
        arguments.iter().map(|(name, argument)| ((*name).to_owned(), argument.to_json())).collect();
    by_name.into()
}
