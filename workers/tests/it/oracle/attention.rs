//! What people raise, promote and dismiss; and the org's settings.

use rand::RngExt as _;
use serde_json::json;
use xentri_domain::kernel::Scope;

use super::company::{CURRENCIES, Company};

impl Company {
    pub(super) async fn draw_attention(&mut self) {
        let item = self.choose(&self.items.clone());
        match (item, self.random.random_range(0..10)) {
            (Some((item, from)), 0..3) => {
                let scopes: Vec<_> = Scope::all().collect();
                let from = Scope::parse(from).unwrap();
                let above: Vec<_> =
                    scopes.into_iter().filter(|scope| scope.covers(from) && *scope != from).collect();
                let Some(scope) = self.choose(&above) else { return };
                let body =
                    json!({ "from": from, "scope": scope, "importance": self.random.random_range(1..=5) });
                self.give(Some(item), "pulse_item.promote", &body).await;
            }
            (Some((item, scope)), 3..6) => {
                self.give(None, "pulse_inbox.dismiss", &json!({ "scope": scope, "item_id": item })).await;
            }
            _ => self.raise().await,
        }
    }

    async fn raise(&mut self) {
        let scopes: Vec<_> = Scope::all().collect();
        let scope = self.choose(&scopes).unwrap().as_str();
        let mut body = json!({ "scope": scope, "importance": self.random.random_range(1..=5),
                               "title": self.word(), "action_required": self.chance(50) });
        if self.chance(50) {
            body["summary"] = json!(self.word());
        }
        if self.chance(40) {
            body["action_url"] = json!("https://example.com/do?it=now");
        }
        if self.chance(40) {
            body["visible_from"] = json!(self.later(24));
        }
        if self.chance(40) {
            body["expires_at"] = json!(self.later(24 * 30));
        }
        if let Some(answer) = self.give(None, "pulse_item.raise", &body).await {
            self.items.push((answer.id, scope));
        }
    }

    pub(super) async fn administrate(&mut self) {
        let prefix = format!("R{}", self.random.random_range(0..10));
        let body = match self.random.random_range(0..4) {
            0 => json!({ "name": self.word() }),
            1 => json!({ "currency": self.choose(&CURRENCIES), "language": self.choose(&["en", "es"]) }),
            2 => json!({ "invoice_prefix": prefix }),
            _ => json!({ "time_zone": self.choose(&["Asia/Tokyo", "UTC"]) }),
        };
        let org = self.org();
        self.give(Some(org), "org.change-settings", &body).await;
    }
}
