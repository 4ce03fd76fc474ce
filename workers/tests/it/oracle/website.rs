//! Sites, their pages, and publishing.

use rand::RngExt as _;
use serde_json::{Value, json};
use xentri_domain::kernel::StreamId;
use xentri_domain::page::{Page, Status as PageStatus};
use xentri_domain::site::{Site, Status};

use super::company::Company;

impl Company {
    pub(super) async fn publish(&mut self) {
        let site = self.choose(&self.sites.clone()).filter(|_| self.sites.len() > 1 || self.chance(70));
        match (site, self.random.random_range(0..10)) {
            (None, _) => self.create_site().await,
            (Some(site), 0..4) => self.work_on_site(site).await,
            (Some(site), _) => {
                let busy = self.pages.len() >= 4 && self.chance(85);
                match self.choose(&self.pages.clone()).filter(|_| busy) {
                    Some(page) => self.work_on_page(page).await,
                    None => self.add_page(site).await,
                }
            }
        }
    }

    async fn create_site(&mut self) {
        let body = json!({ "name": self.word(), "slug": self.name() });
        if let Some(answer) = self.give(None, "site.create", &body).await {
            self.sites.push(answer.id);
        }
    }

    async fn work_on_site(&mut self, id: StreamId) {
        if self.chance(15) {
            let name = json!({ "name": self.word() });
            let slug = json!({ "slug": self.name() });
            let body = if self.chance(50) { name } else { slug };
            self.give(Some(id), "site.change-settings", &body).await;
            return;
        }
        match self.state::<Site>(id).await.status {
            Status::Publishing if self.chance(70) => {
                let build = format!("build {}", self.random.random_range(0..1_000));
                let body =
                    json!({ "url": format!("https://{}.example.com/", self.name()), "build_id": build });
                self.give_as_machine(id, "site.complete-publish", &body).await;
            }
            Status::Publishing => {
                let body = json!({ "error": self.word() });
                self.give_as_machine(id, "site.fail-publish", &body).await;
            }
            _ if self.has_previews().await => drop(self.give(Some(id), "site.publish", &json!({})).await),
            _ => self.add_page(id).await,
        }
    }

    /// Of whichever site.
    async fn has_previews(&self) -> bool {
        for page in &self.pages {
            if self.state::<Page>(*page).await.status == PageStatus::Preview {
                return true;
            }
        }
        false
    }

    async fn add_page(&mut self, site: StreamId) {
        let path = format!("/{}", self.name());
        let body = json!({ "site_id": site, "path": path, "title": self.word(), "blocks": self.blocks() });
        if let Some(answer) = self.give(None, "page.add", &body).await {
            self.pages.push(answer.id);
        }
    }

    async fn work_on_page(&mut self, id: StreamId) {
        match self.state::<Page>(id).await.status {
            PageStatus::Draft if self.chance(70) => {
                self.give(Some(id), "page.request-preview", &json!({})).await;
            }
            PageStatus::Preview if self.chance(20) => {
                self.give(Some(id), "page.continue-editing", &json!({})).await;
            }
            PageStatus::Publishing | PageStatus::Preview | PageStatus::Removed if self.chance(80) => {
                let site = self.choose(&self.sites.clone()).unwrap();
                self.work_on_site(site).await;
            }
            _ if self.chance(15) => drop(self.give(Some(id), "page.remove", &json!({})).await),
            _ => {
                let mut body = json!({ "title": self.word() });
                if self.chance(30) {
                    body["path"] = json!(format!("/{}", self.name()));
                }
                if self.chance(60) {
                    body["blocks"] = self.blocks();
                }
                self.give(Some(id), "page.update", &body).await;
            }
        }
    }

    fn blocks(&mut self) -> Value {
        let block = |_| match self.random.random_range(0..4) {
            0 => json!({ "type": "heading", "level": self.random.random_range(1..=6), "text": self.word() }),
            1 => json!({ "type": "text", "text": self.word() }),
            2 => json!({ "type": "list", "ordered": true, "items": [self.word(), self.word()] }),
            _ => json!({ "type": "divider" }),
        };
        (0..3).map(block).collect()
    }
}
