//! What rows of a list refer to, fetched for all of them in one statement.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use serde_json::Value;
use uuid::Uuid;
use xentri_domain::kernel::Permission;
use xentri_ledger::read_org_numbers_in_tx;
use xentri_projections::audit::{AuditRow, latest_in_tx};
use xentri_projections::invoices::{InvoiceRow, invoices_by_id_in_tx};
use xentri_projections::kit::{Row as _, RowPage};
use xentri_projections::leads::{LeadRow, leads_by_id_in_tx};
use xentri_projections::pages::{
    PageCountRow, PageRow, first_pages_in_tx, page_counts_in_tx, pages_by_id_in_tx,
};
use xentri_projections::sites::{SiteRow, sites_by_id_in_tx};
use xentri_schemas::Reading;

use super::error::ReadError;
use super::reader::Reader;

pub(super) struct Fetch(Arc<Reader>);

pub(super) type Fetcher = DataLoader<Fetch, HashMapCache>;

pub(super) fn fetcher(reader: Arc<Reader>) -> Fetcher {
    DataLoader::with_cache(Fetch(reader), tokio::spawn, HashMapCache::default())
}

pub(super) fn fetch<'a>(ctx: &Context<'a>) -> &'a Fetcher {
    // Every request brings one.
    ctx.data_unchecked::<Fetcher>()
}

macro_rules! by_id {
    ($($key:ident => $row:ident by $query:ident;)+) => {$(
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) struct $key(pub(super) Uuid);

        impl Loader<$key> for Fetch {
            type Value = Arc<$row>;
            type Error = ReadError;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Arc<$row>>, ReadError> {
                let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
                let mut tx = self.0.tx().await?;
                let rows = $query(&mut tx, &ids).await?;
                Ok(rows.into_iter().map(|row| ($key(row.id()), Arc::new(row))).collect())
            }
        }
    )+};
}

by_id! {
    LeadById => LeadRow by leads_by_id_in_tx;
    InvoiceById => InvoiceRow by invoices_by_id_in_tx;
    SiteById => SiteRow by sites_by_id_in_tx;
    PageById => PageRow by pages_by_id_in_tx;
}

/// The newest events of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct LatestOf {
    pub(super) stream_type: &'static str,
    pub(super) stream: Uuid,
    pub(super) limit: u16,
}

impl Loader<LatestOf> for Fetch {
    type Value = Vec<AuditRow>;
    type Error = ReadError;

    /// One statement for each type and length that the query asks for.
    async fn load(&self, keys: &[LatestOf]) -> Result<HashMap<LatestOf, Vec<AuditRow>>, ReadError> {
        let mut alike: HashMap<(&'static str, u16), Vec<Uuid>> = HashMap::new();
        for key in keys {
            alike.entry((key.stream_type, key.limit)).or_default().push(key.stream);
        }
        let mut found = HashMap::new();
        let mut tx = self.0.tx().await?;
        for ((stream_type, limit), streams) in alike {
            let latest = latest_in_tx(&mut tx, stream_type, &streams, limit).await?;
            let key = |stream| LatestOf { stream_type, stream, limit };
            found.extend(latest.into_iter().map(|(stream, rows)| (key(stream), rows)));
        }
        Ok(found)
    }
}

/// The first pages of a site, by path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PagesOf {
    pub(super) site: Uuid,
    pub(super) limit: u16,
}

impl Loader<PagesOf> for Fetch {
    type Value = RowPage<PageRow>;
    type Error = ReadError;

    async fn load(&self, keys: &[PagesOf]) -> Result<HashMap<PagesOf, RowPage<PageRow>>, ReadError> {
        let mut alike: HashMap<u16, Vec<Uuid>> = HashMap::new();
        for key in keys {
            alike.entry(key.limit).or_default().push(key.site);
        }
        let mut found = HashMap::new();
        let mut tx = self.0.tx().await?;
        for (limit, sites) in alike {
            let pages = first_pages_in_tx(&mut tx, &sites, limit).await?;
            found.extend(pages.into_iter().map(|(site, page)| (PagesOf { site, limit }, page)));
        }
        Ok(found)
    }
}

/// How many pages a site has, by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PageCountsOf(pub(super) Uuid);

impl Loader<PageCountsOf> for Fetch {
    type Value = Vec<PageCountRow>;
    type Error = ReadError;

    async fn load(
        &self,
        keys: &[PageCountsOf],
    ) -> Result<HashMap<PageCountsOf, Vec<PageCountRow>>, ReadError> {
        let sites: Vec<_> = keys.iter().map(|key| key.0).collect();
        let mut tx = self.0.tx().await?;
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for count in page_counts_in_tx(&mut tx, &sites).await? {
            found.entry(PageCountsOf(count.site_id)).or_default().push(count);
        }
        Ok(found)
    }
}

/// What the event with that number in the org says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PayloadOf(pub(super) u64);

impl Loader<PayloadOf> for Fetch {
    type Value = Value;
    type Error = ReadError;

    /// What is personal is opened for those who may read it, and stays sealed for others. Events of types that this program does
    /// not know are missing.
    async fn load(&self, keys: &[PayloadOf]) -> Result<HashMap<PayloadOf, Value>, ReadError> {
        let numbers: Vec<_> = keys.iter().map(|key| key.0).collect();
        let mut tx = self.0.tx().await?;
        let mut found = Vec::new();
        for event in read_org_numbers_in_tx(&mut tx, &numbers).await? {
            match event.decode() {
                Ok(Reading::Event(envelope)) => found.push((event.org_seq, envelope)),
                Ok(_) => {}
                Err(_) => return Err(ReadError::Unreadable("an event of the ledger")),
            }
        }
        if self.0.principal.allows(Permission::PERSON_READ) {
            let envelopes = found.iter_mut().map(|(_, envelope)| &mut **envelope);
            let opened = self.0.ledger.keys().open_in_tx(&mut tx, envelopes).await;
            opened?;
        }
        let written = found.into_iter().map(|(number, envelope)| {
            let payload = envelope.payload.write_payload(serde_json::value::Serializer);
            Ok((PayloadOf(number), payload.map_err(|_| ReadError::Unreadable("an event of the ledger"))?))
        });
        written.collect()
    }
}
