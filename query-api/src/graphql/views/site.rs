//! Sites: one, and all of them; their pages stand in `page`.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object};
use uuid::Uuid;
use xentri_domain::kernel::Permission;
use xentri_projections::sites::{SiteOrder, SiteRow, site_count_in_tx, site_in_tx, sites_in_tx};

use super::page::{Page, PageConnection, PageCount, PageFilter, first_pages, page, page_counts, pages};
use crate::graphql::connection::{List, OrderDirection, Paging, connection, rows, wants_total};
use crate::graphql::error::ReadError;
use crate::graphql::reader::reader;
use crate::graphql::scalars::DateTime;
use crate::graphql::words::words;

words! {
    /// Whether a site is being published.
    SiteState, "state of a site" {
        /// It can be published.
        Ready => "ready",
        /// It is being published.
        Publishing => "publishing",
    }
}

pub(in crate::graphql) struct Site(pub(super) Arc<SiteRow>);

/// A website of the org.
#[Object(serial)]
impl Site {
    /// The site's id.
    pub(super) async fn id(&self) -> Uuid {
        self.0.id
    }

    /// Of its stream, for `If-Match`.
    pub(super) async fn version(&self) -> i64 {
        self.0.version
    }

    /// When it was created.
    pub(super) async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When something happened to it last, its pages aside.
    pub(super) async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is called in addresses: one site of the org has it.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Whether it is being published.
    async fn state(&self) -> Result<SiteState, ReadError> {
        SiteState::of(&self.0.state)
    }

    /// The publishing under way, to complete it or to say that it failed.
    async fn publish_id(&self) -> Option<Uuid> {
        self.0.publish_id
    }

    /// Since when it is being published.
    async fn publishing_since(&self) -> Option<DateTime> {
        self.0.publishing_since.map(DateTime)
    }

    /// When the publishing under way has failed unless it has ended.
    async fn complete_by(&self) -> Option<DateTime> {
        self.0.complete_by.map(DateTime)
    }

    /// When pages of it went live last.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.published_at.map(DateTime)
    }

    /// Where visitors find it, once it is live.
    async fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// Of what visitors find there.
    async fn build_id(&self) -> Option<&str> {
        self.0.build_id.as_deref()
    }

    /// Why the last publishing failed; null when it did not, or another is under way.
    async fn publish_error(&self) -> Option<&str> {
        self.0.publish_error.as_deref()
    }

    /// Its first pages, by path. The query `pages` has all of them.
    #[graphql(complexity = "5 + rows(first, None) * child_complexity")]
    async fn pages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, up to 100; 20 unless said.")] first: Option<i32>,
    ) -> Result<Vec<Page>, ReadError> {
        first_pages(ctx, self.0.id, first).await
    }

    /// How many pages it has in which state.
    #[graphql(complexity = "5 + 5 * child_complexity")]
    async fn page_counts(&self, ctx: &Context<'_>) -> Result<Vec<PageCount>, ReadError> {
        page_counts(ctx, self.0.id).await
    }
}

connection!(SiteConnection, SiteEdge, Site);

/// By what sites are put in order.
#[derive(Clone, Copy, PartialEq, Eq, Default, Enum)]
enum SiteOrderField {
    /// When they were created.
    #[default]
    CreatedAt,
    /// What they are called in addresses.
    Slug,
}

/// In which order sites come.
#[derive(Default, InputObject)]
struct SiteOrderBy {
    /// By what.
    #[graphql(default)]
    field: SiteOrderField,
    /// Which way.
    #[graphql(default)]
    direction: OrderDirection,
}

#[derive(Default)]
pub(in crate::graphql) struct SiteQueries;

#[Object]
impl SiteQueries {
    /// A site. Needs `brand:read`.
    async fn site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site's id.")] id: Uuid,
    ) -> Option<Result<Site, ReadError>> {
        site(ctx, id).await.transpose()
    }

    /// Sites, the newest first unless said. Needs `brand:read`.
    #[graphql(complexity = "5 + rows(first, last) * child_complexity")]
    async fn sites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In which order.")] order_by: Option<SiteOrderBy>,
        #[graphql(desc = "At most so many from the beginning, up to 100; 20 unless said.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many from the end, up to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<Result<SiteConnection, ReadError>> {
        Some(sites(ctx, &order_by.unwrap_or_default(), &Paging { first, after, last, before }).await)
    }

    /// A page. Needs `brand:read`.
    async fn page(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page's id.")] id: Uuid,
    ) -> Option<Result<Page, ReadError>> {
        page(ctx, id).await.transpose()
    }

    /// The pages of a site, by path. Needs `brand:read`.
    #[graphql(complexity = "5 + rows(first, last) * child_complexity")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a list")]
    async fn pages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose pages.")] site_id: Uuid,
        #[graphql(desc = "Which ones.")] filter: Option<PageFilter>,
        #[graphql(desc = "At most so many from the beginning, up to 100; 20 unless said.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many from the end, up to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<Result<PageConnection, ReadError>> {
        let paging = Paging { first, after, last, before };
        Some(pages(ctx, site_id, &filter.unwrap_or_default(), &paging).await)
    }
}

pub(super) async fn site(ctx: &Context<'_>, id: Uuid) -> Result<Option<Site>, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::BRAND_READ)?;
    let row = site_in_tx(&mut *reader.tx().await?, id).await?;
    Ok(row.map(|row| Site(Arc::new(row))))
}

async fn sites(ctx: &Context<'_>, by: &SiteOrderBy, paging: &Paging) -> Result<SiteConnection, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::BRAND_READ)?;
    let order = match by.field {
        SiteOrderField::CreatedAt => SiteOrder::CreatedAt,
        SiteOrderField::Slug => SiteOrder::Slug,
    };
    let list = List { name: "sites", order, direction: by.direction.into(), paging };
    let wanted = list.wanted(reader)?;
    let found = sites_in_tx(&mut *reader.tx().await?, &wanted).await?;
    let total =
        if wants_total(ctx) { Some(site_count_in_tx(&mut *reader.tx().await?, None).await?) } else { None };
    Ok(SiteConnection::of(list.page(found, reader)?, total, |row| Site(Arc::new(row))))
}
