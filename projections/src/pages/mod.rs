//! Pages as lists and editors show them: what is edited, and what visitors see; and how many a site has in which state. A
//! page that is removed has no row any more; what it was is in its stream.

mod query;

#[cfg(test)]
mod tests;

use compact_str::{CompactString, ToCompactString as _};
use serde_json::json;
use uuid::Uuid;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_domain::page::{Blocks, Created, PageEvent, Published, Updated};
use xentri_domain::registry::Event;

use crate::kit::{Document, FoldError, LedgerEvent, Projection, Row as _, row, sum_id, sums};

pub use query::{
    PageFilter, PageOrder, first_pages_in_tx, page_counts_in_tx, page_in_tx, pages_by_id_in_tx, pages_in_tx,
};

row! {
    /// A page.
    pub struct PageRow in "pages" {
        pub org_id: OrgId,
        pub id: Uuid,
        pub version: i64,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub site_id: Uuid,
        pub state: CompactString,
        pub path: CompactString,
        pub title: CompactString,
        pub blocks: Document,
        pub publish_id: Option<Uuid>,
        pub publish_error: Option<CompactString>,
        pub live_path: Option<CompactString>,
        pub live_title: Option<CompactString>,
        pub live_blocks: Option<Document>,
        pub live_at: Option<Timestamp>,
        pub url: Option<CompactString>,
        pub build_id: Option<CompactString>,
    }
}

row! {
    /// All pages of a site that are in a state.
    pub struct PageCountRow in "page_counts" {
        pub org_id: OrgId,
        pub id: Uuid,
        pub site_id: Uuid,
        pub state: CompactString,
        pub pages: i64,
    }
}
sums!(PageCountRow: pages);

#[derive(Debug)]
pub struct Pages;

impl Projection for Pages {
    const NAME: &'static str = "pages";
    const VERSION: i32 = 1;
    const STREAMS: &'static [&'static str] = &["page"];
    type Row = PageRow;
    type Sum = PageCountRow;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        match event.payload() {
            Event::Page(_) => vec![event.stream_id()],
            _ => Vec::new(),
        }
    }

    fn fold(_key: Uuid, row: Option<PageRow>, event: &LedgerEvent) -> Result<Option<PageRow>, FoldError> {
        match (event.payload(), row) {
            (Event::Page(PageEvent::Created(created)), _) => Ok(Some(PageRow::of(event, created))),
            (Event::Page(PageEvent::Removed(_)), Some(_)) => Ok(None),
            (Event::Page(page), Some(row)) => Ok(Some(row.after(event, page))),
            (Event::Page(_), None) => Err(FoldError::NoRow),
            (_, row) => Ok(row),
        }
    }

    fn sums(row: &PageRow) -> Vec<PageCountRow> {
        vec![PageCountRow {
            org_id: row.org_id,
            id: sum_id(row.org_id, PageCountRow::TABLE, &[&row.site_id.to_string(), &row.state]),
            site_id: row.site_id,
            state: row.state.clone(),
            pages: 1,
        }]
    }
}

impl PageRow {
    fn of(event: &LedgerEvent, created: &Created) -> Self {
        Self {
            org_id: event.org(),
            id: event.stream_id(),
            version: event.version(),
            created_at: event.recorded_at,
            updated_at: event.recorded_at,
            site_id: created.site_id.uuid(),
            state: "draft".into(),
            path: created.path.to_compact_string(),
            title: created.title.to_compact_string(),
            blocks: document(&created.blocks),
            publish_id: None,
            publish_error: None,
            live_path: None,
            live_title: None,
            live_blocks: None,
            live_at: None,
            url: None,
            build_id: None,
        }
    }

    fn after(mut self, event: &LedgerEvent, page: &PageEvent) -> Self {
        self.version = event.version();
        self.updated_at = event.recorded_at;
        match page {
            PageEvent::Created(_) | PageEvent::Removed(_) => {}
            PageEvent::Updated(updated) => self.update(updated),
            PageEvent::PreviewRequested(_) => self.is("preview"),
            PageEvent::EditingResumed(_) => self.is("draft"),
            PageEvent::PublishStarted(started) => {
                self.is("publishing");
                self.publish_id = Some(started.publish_id.uuid());
                self.publish_error = None;
            }
            PageEvent::Published(published) => self.live(event, published),
            PageEvent::PublishFailed(failed) => {
                self.is("failed");
                self.publish_id = None;
                self.publish_error = Some(failed.error.to_compact_string());
            }
        }
        self
    }

    fn is(&mut self, state: &str) {
        self.state = state.into();
    }

    fn update(&mut self, updated: &Updated) {
        self.is("draft");
        if let Some(path) = &updated.path {
            self.path = path.to_compact_string();
        }
        if let Some(title) = &updated.title {
            self.title = title.to_compact_string();
        }
        if let Some(blocks) = &updated.blocks {
            self.blocks = document(blocks);
        }
    }

    /// Nothing was edited since the publishing began.
    fn live(&mut self, event: &LedgerEvent, published: &Published) {
        self.is("live");
        self.publish_id = None;
        self.live_path = Some(published.path.to_compact_string());
        self.live_title = Some(published.title.to_compact_string());
        self.live_blocks = Some(self.blocks.clone());
        self.live_at = Some(event.recorded_at);
        self.url = Some(published.url.to_compact_string());
        self.build_id = Some(published.build_id.to_compact_string());
    }
}

fn document(blocks: &Blocks) -> Document {
    Document(json!(blocks))
}
