//! Sites as lists and pages show them, and the publishing under way. Their pages are a read model of their own.

mod query;

#[cfg(test)]
mod tests;

use compact_str::{CompactString, ToCompactString as _};
use uuid::Uuid;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_domain::registry::Event;
use xentri_domain::site::{Created, PublishStarted, Published, SettingsChanged, SiteEvent};

use crate::kit::{FoldError, LedgerEvent, Projection, Row as _, row, sum_id, sums};

pub use query::{
    PublishOver, SiteOrder, publishes_over_in_tx, site_count_in_tx, site_in_tx, sites_by_id_in_tx,
    sites_in_tx,
};

row! {
    /// A site.
    pub struct SiteRow in "sites" {
        pub org_id: OrgId,
        pub id: Uuid,
        pub version: i64,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub name: CompactString,
        pub slug: CompactString,
        pub state: CompactString,
        pub publish_id: Option<Uuid>,
        pub publishing_since: Option<Timestamp>,
        pub complete_by: Option<Timestamp>,
        pub published_at: Option<Timestamp>,
        pub url: Option<CompactString>,
        pub build_id: Option<CompactString>,
        pub publish_error: Option<CompactString>,
    }
}

row! {
    /// All sites of a state.
    pub struct SiteCountRow in "site_counts" {
        pub org_id: OrgId,
        pub id: Uuid,
        pub state: CompactString,
        pub sites: i64,
    }
}
sums!(SiteCountRow: sites);

#[derive(Debug)]
pub struct Sites;

impl Projection for Sites {
    const NAME: &'static str = "sites";
    const VERSION: i32 = 1;
    const STREAMS: &'static [&'static str] = &["site"];
    type Row = SiteRow;
    type Sum = SiteCountRow;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        match event.payload() {
            Event::Site(_) => vec![event.stream_id()],
            _ => Vec::new(),
        }
    }

    fn fold(_key: Uuid, row: Option<SiteRow>, event: &LedgerEvent) -> Result<Option<SiteRow>, FoldError> {
        match (event.payload(), row) {
            (Event::Site(SiteEvent::Created(created)), _) => Ok(Some(SiteRow::of(event, created))),
            (Event::Site(site), Some(row)) => Ok(Some(row.after(event, site))),
            (Event::Site(_), None) => Err(FoldError::NoRow),
            (_, row) => Ok(row),
        }
    }

    fn sums(row: &SiteRow) -> Vec<SiteCountRow> {
        vec![SiteCountRow {
            org_id: row.org_id,
            id: sum_id(row.org_id, SiteCountRow::TABLE, &[&row.state]),
            state: row.state.clone(),
            sites: 1,
        }]
    }
}

impl SiteRow {
    fn of(event: &LedgerEvent, created: &Created) -> Self {
        Self {
            org_id: event.org(),
            id: event.stream_id(),
            version: event.version(),
            created_at: event.recorded_at,
            updated_at: event.recorded_at,
            name: created.name.to_compact_string(),
            slug: created.slug.to_compact_string(),
            state: "ready".into(),
            publish_id: None,
            publishing_since: None,
            complete_by: None,
            published_at: None,
            url: None,
            build_id: None,
            publish_error: None,
        }
    }

    fn after(mut self, event: &LedgerEvent, site: &SiteEvent) -> Self {
        self.version = event.version();
        self.updated_at = event.recorded_at;
        match site {
            SiteEvent::Created(_) => {}
            SiteEvent::SettingsChanged(changed) => self.change(changed),
            SiteEvent::PublishStarted(started) => self.publishing(event, started),
            SiteEvent::Published(published) => self.published(event, published),
            SiteEvent::PublishFailed(failed) => {
                self.ready();
                self.publish_error = Some(failed.error.to_compact_string());
            }
        }
        self
    }

    fn change(&mut self, changed: &SettingsChanged) {
        if let Some(name) = &changed.name {
            self.name = name.to_compact_string();
        }
        if let Some(slug) = &changed.slug {
            self.slug = slug.to_compact_string();
        }
    }

    fn publishing(&mut self, event: &LedgerEvent, started: &PublishStarted) {
        self.state = "publishing".into();
        self.publish_id = Some(started.publish_id.uuid());
        self.publishing_since = Some(event.recorded_at);
        self.complete_by = Some(started.complete_by);
        self.publish_error = None;
    }

    fn published(&mut self, event: &LedgerEvent, published: &Published) {
        self.ready();
        self.published_at = Some(event.recorded_at);
        self.url = Some(published.url.to_compact_string());
        self.build_id = Some(published.build_id.to_compact_string());
    }

    fn ready(&mut self) {
        self.state = "ready".into();
        (self.publish_id, self.publishing_since, self.complete_by) = (None, None, None);
    }
}
