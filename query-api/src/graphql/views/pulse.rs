//! What deserves attention, in the reader's language.

use std::sync::Arc;

use async_graphql::{Context, Object};
use uuid::Uuid;
use xentri_domain::kernel::Permission;
use xentri_projections::pulse::{ItemPlace, Look, PulseItemRow, Writer, items_in_tx, landing_in_tx};

use super::pulse_scope::PulseScope;
use crate::graphql::connection::{Paging, connection, rows};
use crate::graphql::cursor::Listing;
use crate::graphql::error::ReadError;
use crate::graphql::loaders::{Fetcher, InvoiceById, LeadById, PageById, SiteById, fetch};
use crate::graphql::reader::{Reader, reader};
use crate::graphql::scalars::DateTime;

pub(in crate::graphql) struct PulseItem(pub(super) Arc<PulseItemRow>);

/// Something that deserves attention at a scope.
#[Object(serial)]
impl PulseItem {
    /// The item's id, to dismiss or to promote it.
    async fn id(&self) -> Uuid {
        self.0.item_id
    }

    /// At which scope it stands.
    async fn scope(&self) -> Result<PulseScope, ReadError> {
        PulseScope::of(&self.0.scope)
    }

    /// The event that made it.
    async fn source_event_id(&self) -> Uuid {
        self.0.source_event_id
    }

    /// The kind of thing that it is about, as in `lead`.
    async fn about_type(&self) -> &str {
        &self.0.about_type
    }

    /// Which one.
    async fn about_id(&self) -> Uuid {
        self.0.about_id
    }

    /// From 1, the most, to 5.
    async fn importance(&self) -> i32 {
        self.0.importance
    }

    /// In a few words, in the language that `Accept-Language` asks for, or else the org's. Names a person only to those who may
    /// read them (`person:read`).
    async fn title(&self, ctx: &Context<'_>) -> Result<String, ReadError> {
        let name = self.name(ctx).await?;
        self.written(ctx, name, |writer, names| writer.title(&self.0, names)).await
    }

    /// In a sentence or two, as the title.
    async fn summary(&self, ctx: &Context<'_>) -> Result<Option<String>, ReadError> {
        let name = self.name(ctx).await?;
        self.written(ctx, name, |writer, names| writer.summary(&self.0, names)).await
    }

    /// Whether somebody has to do something about it.
    async fn action_required(&self) -> bool {
        self.0.action_required
    }

    /// Where to do it: an address, or a path below that of the application.
    async fn action_url(&self) -> Option<&str> {
        self.0.action_url.as_deref()
    }

    /// Since when it is seen, where it was not at once.
    async fn visible_from(&self) -> Option<DateTime> {
        self.0.visible_from.map(DateTime)
    }

    /// When it is not seen anymore.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }

    /// When the event that made it was recorded.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The item below that this one was made of.
    async fn promoted_from(&self) -> Option<Uuid> {
        self.0.promoted_from
    }
}

/// Fetches what items are about in a statement for each kind, where the reader may know how it is called.
pub(in crate::graphql) async fn name_all(reader: &Reader, fetch: &Fetcher, items: &[Arc<PulseItemRow>]) {
    if items.is_empty() {
        return;
    }
    let may = |permission| reader.principal.allows(permission);
    let about = |kind: &str, may: bool| -> Vec<Uuid> {
        items.iter().filter(|item| may && item.about_type == kind).map(|item| item.about_id).collect()
    };
    let (sales, finance, brand) =
        (may(Permission::SALES_READ), may(Permission::FINANCE_READ), may(Permission::BRAND_READ));
    // Kept by the loader. What fails fails again where it is wanted.
    let _ = fetch.load_many(about("lead", sales).into_iter().map(LeadById)).await;
    let _ = fetch.load_many(about("invoice", finance).into_iter().map(InvoiceById)).await;
    let _ = fetch.load_many(about("site", brand).into_iter().map(SiteById)).await;
    let _ = fetch.load_many(about("page", brand).into_iter().map(PageById)).await;
}

impl PulseItem {
    /// What it is about is called so, as far as the reader may know.
    async fn name(&self, ctx: &Context<'_>) -> Result<Option<(&'static str, String)>, ReadError> {
        let (reader, fetch, id) = (reader(ctx), fetch(ctx), self.0.about_id);
        let may = |permission| reader.principal.allows(permission);
        let name = match self.0.about_type.as_str() {
            "lead" if may(Permission::SALES_READ) => {
                let lead = fetch.load_one(LeadById(id)).await?;
                let name = lead.and_then(|lead| reader.personal(lead.name.as_ref()).map(ToOwned::to_owned));
                name.map(|name| ("lead", name))
            }
            "invoice" if may(Permission::FINANCE_READ) => {
                let invoice = fetch.load_one(InvoiceById(id)).await?;
                let number = invoice.and_then(|invoice| invoice.number.as_ref().map(ToString::to_string));
                number.map(|number| ("invoice", number))
            }
            "site" if may(Permission::BRAND_READ) => {
                fetch.load_one(SiteById(id)).await?.map(|site| ("site", site.name.to_string()))
            }
            "page" if may(Permission::BRAND_READ) => {
                fetch.load_one(PageById(id)).await?.map(|page| ("page", page.title.to_string()))
            }
            _ => None,
        };
        Ok(name)
    }

    async fn written<T>(
        &self,
        ctx: &Context<'_>,
        name: Option<(&'static str, String)>,
        write: impl Fn(Writer<'_>, &[(&str, &str)]) -> T,
    ) -> Result<T, ReadError> {
        let reader = reader(ctx);
        let settings = &reader.org().await?.settings;
        let language = reader.language.unwrap_or(settings.language);
        let names: Vec<_> = name.iter().map(|(name, text)| (*name, text.as_str())).collect();
        Ok(write(Writer { language, zone: &settings.time_zone }, &names))
    }
}

connection!(PulseItemConnection, PulseItemEdge, PulseItem);

#[derive(Default)]
pub(in crate::graphql) struct PulseQueries;

#[Object]
impl PulseQueries {
    /// What deserves attention at a scope, the most important first, of those the newest. Needs `pulse:{scope}`, which implies the
    /// scopes below.
    #[graphql(complexity = "5 + rows(first, None) * child_complexity")]
    async fn pulse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At which scope.")] scope: PulseScope,
        #[graphql(desc = "At most so many, up to 100; 20 unless said.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
    ) -> Option<Result<PulseItemConnection, ReadError>> {
        Some(pulse(ctx, scope, &Paging::forwards(first, after)).await)
    }

    /// The scope that the user begins at: the highest one that they may look at; of several, where they were last. Null for those
    /// who may not look at any.
    async fn pulse_landing(&self, ctx: &Context<'_>) -> Option<Result<PulseScope, ReadError>> {
        landing(ctx).await.transpose()
    }
}

async fn pulse(
    ctx: &Context<'_>,
    wanted: PulseScope,
    paging: &Paging,
) -> Result<PulseItemConnection, ReadError> {
    let reader = reader(ctx);
    let scope = wanted.scope()?;
    reader.require(Permission::pulse(scope))?;
    let listing = Listing { org: reader.org_id(), list: "pulse", order: scope.as_str() };
    let after = paging.after.as_ref().map(|cursor| listing.item_place(cursor, &reader.keys)).transpose()?;
    let user = reader.principal.actor().user();
    let look = Look { scope, reader: user, now: reader.now, first: paging.limit()?, after };
    let page = items_in_tx(&mut *reader.tx().await?, &look).await?;
    let rows = paging.page(page, |item| listing.item_cursor(&ItemPlace::of(item), &reader.keys))?;
    Ok(PulseItemConnection::of(rows, None, |row| PulseItem(Arc::new(row))))
}

async fn landing(ctx: &Context<'_>) -> Result<Option<PulseScope>, ReadError> {
    let reader = reader(ctx);
    if reader.principal.grants().top_scopes().is_empty() {
        return Ok(None);
    }
    let user = reader.principal.actor().user();
    let scope = landing_in_tx(&mut *reader.tx().await?, user, reader.principal.grants()).await?;
    scope.map(|scope| PulseScope::of(scope.as_str())).transpose()
}
