//! Pages of a site: what is edited, and what visitors see.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use serde_json::Value;
use uuid::Uuid;
use xentri_domain::kernel::Permission;
use xentri_projections::kit::Direction;
use xentri_projections::pages::{
    PageFilter as Filter, PageOrder, PageRow, page_counts_in_tx, page_in_tx, pages_in_tx,
};

use super::site::Site;
use crate::graphql::connection::{List, Paging, connection, limit, wants_total};
use crate::graphql::error::ReadError;
use crate::graphql::loaders::{PageCountsOf, PagesOf, SiteById, fetch};
use crate::graphql::reader::{Reader, reader};
use crate::graphql::scalars::DateTime;
use crate::graphql::words::words;

words! {
    /// Where a page stands.
    PageState, "state of a page" {
        /// It is being edited.
        Draft => "draft",
        /// It is ready: the next publishing takes it.
        Preview => "preview",
        /// It is being published.
        Publishing => "publishing",
        /// Visitors see it as it is.
        Live => "live",
        /// The last publishing failed.
        Failed => "failed",
    }
}

/// A page as visitors see it, whatever is being edited.
#[derive(SimpleObject)]
#[graphql(serial)]
struct LivePage {
    /// Where it stands in its site.
    path: String,
    /// Its title.
    title: String,
    /// What is on it, from top to bottom.
    blocks: Value,
    /// When it went live.
    live_at: DateTime,
    /// Where its site is.
    url: Option<String>,
    /// Of what visitors see.
    build_id: Option<String>,
}

pub(in crate::graphql) struct Page(pub(super) Arc<PageRow>);

/// A page of a site. One that is removed is not there anymore; its events are.
#[Object(serial)]
impl Page {
    /// The page's id.
    pub(super) async fn id(&self) -> Uuid {
        self.0.id
    }

    /// Of its stream, for `If-Match`.
    pub(super) async fn version(&self) -> i64 {
        self.0.version
    }

    /// When it was added.
    pub(super) async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When something happened to it last.
    pub(super) async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// The id of its site.
    async fn site_id(&self) -> Uuid {
        self.0.site_id
    }

    /// Its site, as far as it is there.
    async fn site(&self, ctx: &Context<'_>) -> Option<Result<Site, ReadError>> {
        let site = fetch(ctx).load_one(SiteById(self.0.site_id)).await;
        site.map(|site| site.map(Site)).transpose()
    }

    /// Where it stands.
    async fn state(&self) -> Result<PageState, ReadError> {
        PageState::of(&self.0.state)
    }

    /// Where it will stand in its site: one page of the site has it.
    async fn path(&self) -> &str {
        &self.0.path
    }

    /// The title of what is edited.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What is edited, from top to bottom: objects with a `type` and what belongs to it.
    async fn blocks(&self) -> &Value {
        &self.0.blocks.0
    }

    /// The publishing under way.
    async fn publish_id(&self) -> Option<Uuid> {
        self.0.publish_id
    }

    /// Why the last publishing failed; null when it did not, or another is under way.
    async fn publish_error(&self) -> Option<&str> {
        self.0.publish_error.as_deref()
    }

    /// What visitors see; null before the first publishing.
    async fn live(&self) -> Option<LivePage> {
        let row = &self.0;
        Some(LivePage {
            path: row.live_path.as_ref()?.to_string(),
            title: row.live_title.as_ref()?.to_string(),
            blocks: row.live_blocks.as_ref()?.0.clone(),
            live_at: DateTime(row.live_at?),
            url: row.url.as_ref().map(ToString::to_string),
            build_id: row.build_id.as_ref().map(ToString::to_string),
        })
    }
}

connection!(PageConnection, PageEdge, Page);

/// How many pages are in a state.
#[derive(SimpleObject)]
#[graphql(serial)]
pub(super) struct PageCount {
    /// In which state.
    state: PageState,
    /// How many.
    pages: i64,
}

/// Which pages; all of these have to hold.
#[derive(Default, InputObject)]
pub(super) struct PageFilter {
    /// In that state.
    state: Option<PageState>,
}

pub(super) async fn page(ctx: &Context<'_>, id: Uuid) -> Result<Option<Page>, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::BRAND_READ)?;
    let row = page_in_tx(&mut *reader.tx().await?, id).await?;
    Ok(row.map(|row| Page(Arc::new(row))))
}

pub(super) async fn pages(
    ctx: &Context<'_>,
    site_id: Uuid,
    filter: &PageFilter,
    paging: &Paging,
) -> Result<PageConnection, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::BRAND_READ)?;
    let filter = Filter { site_id, state: filter.state.map(|state| state.word().to_owned()) };
    let name = format!("pages of {site_id}");
    let list = List { name: &name, order: PageOrder::Path, direction: Direction::Ascending, paging };
    let wanted = list.wanted(reader)?;
    let found = pages_in_tx(&mut *reader.tx().await?, &filter, &wanted).await?;
    let total = if wants_total(ctx) { Some(total(reader, &filter).await?) } else { None };
    Ok(PageConnection::of(list.page(found, reader)?, total, |row| Page(Arc::new(row))))
}

async fn total(reader: &Reader, filter: &Filter) -> Result<i64, ReadError> {
    let counts = page_counts_in_tx(&mut *reader.tx().await?, &[filter.site_id]).await?;
    let counted =
        counts.iter().filter(|count| filter.state.as_ref().is_none_or(|state| count.state == *state));
    Ok(counted.map(|count| count.pages).sum())
}

pub(super) async fn first_pages(
    ctx: &Context<'_>,
    site: Uuid,
    first: Option<i32>,
) -> Result<Vec<Page>, ReadError> {
    let found = fetch(ctx).load_one(PagesOf { site, limit: limit(first)? }).await?;
    let rows = found.map(|page| page.rows).unwrap_or_default();
    Ok(rows.into_iter().map(|row| Page(Arc::new(row))).collect())
}

pub(super) async fn page_counts(ctx: &Context<'_>, site: Uuid) -> Result<Vec<PageCount>, ReadError> {
    let mut counts = fetch(ctx).load_one(PageCountsOf(site)).await?.unwrap_or_default();
    counts.sort_by(|one, other| one.state.cmp(&other.state));
    let shown = |count: &xentri_projections::pages::PageCountRow| {
        Ok(PageCount { state: PageState::of(&count.state)?, pages: count.pages })
    };
    counts.iter().map(shown).collect()
}
