//! What an event does to the items about a matter.

use serde_json::{Value, json};

use super::super::event::Event;
use super::super::time::moment_plus;

pub(super) enum Change {
    /// Takes the place of whatever was said of the matter before, at every scope.
    Say(Say),
    /// There is nothing more to say of it.
    Settle(&'static str, &'static str),
    /// What is said of the matter says now that an argument is another.
    Restate(&'static str, &'static str, Value),
    /// Waits with others; the id names it when it leaves.
    Queue(String, Say),
    Unqueue(&'static str, String),
}

pub(super) struct Say {
    pub(super) matter: &'static str,
    pub(super) which: &'static str,
    pub(super) rule: &'static str,
    /// At the module, then as each scope above judges it; a scope that does not want it ends the list.
    pub(super) importance: Vec<i64>,
    pub(super) is_task: bool,
    pub(super) arguments: Value,
    pub(super) action_url: Option<String>,
    pub(super) visible_from: Option<String>,
    pub(super) expires_at: Option<String>,
}

impl Say {
    /// Something to be done, seen until it is.
    pub(super) fn task(matter: &'static str, rule: &'static str, importance: i64) -> Self {
        let importance = vec![importance];
        Self {
            matter,
            which: "",
            rule,
            importance,
            is_task: true,
            arguments: json!({}),
            action_url: None,
            visible_from: None,
            expires_at: None,
        }
    }

    /// Something good to know for so many days.
    pub(super) fn news(
        matter: &'static str,
        rule: &'static str,
        importance: i64,
        event: &Event,
        days: i64,
    ) -> Self {
        let expires_at = Some(moment_plus(&event.recorded_at, days));
        Self { is_task: false, expires_at, ..Self::task(matter, rule, importance) }
    }

    /// Up to the first that is not wanted.
    pub(super) fn promoted(mut self, scopes: &[(bool, i64)]) -> Self {
        let wanted = scopes.iter().take_while(|(is_wanted, _)| *is_wanted);
        self.importance.extend(wanted.map(|(_, importance)| importance));
        self
    }

    pub(super) fn with(mut self, name: &str, argument: Value) -> Self {
        self.arguments[name] = argument;
        self
    }

    pub(super) fn at(self, url: String) -> Self {
        Self { action_url: Some(url), ..self }
    }
}

impl From<Say> for Change {
    fn from(say: Say) -> Self {
        Self::Say(say)
    }
}

/// From the module up.
pub(super) fn scopes(stream_type: &str) -> [&'static str; 4] {
    let (module, subcategory, category) = match stream_type {
        "brief" => ("module.brief", "subcategory.direction", "category.strategy"),
        "lead" => ("module.leads", "subcategory.crm", "category.sales"),
        "invoice" => ("module.invoicing", "subcategory.receivables", "category.finance"),
        _ => ("module.website", "subcategory.web", "category.brand"),
    };
    [module, subcategory, category, "strategy"]
}

/// Whether money is at least so many whole units of its currency.
pub(super) fn is_worth(money: &Value, units: i64) -> bool {
    let Some(amount) = money["amount"].as_i64() else { return false };
    let decimals = match money["currency"].as_str().unwrap() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI"
        | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    };
    amount >= units * 10_i64.pow(decimals)
}
