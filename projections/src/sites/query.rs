//! What readers ask of sites, and what the job asks that ends publishing that takes too long.

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;
use xentri_domain::kernel::{OrgId, StreamId, Timestamp};
use xentri_domain::site::PublishId;
use xentri_ledger::{DatabaseError, Moment, TenantTx, WorkerTx};

use super::{SiteCountRow, SiteRow, Sites};
use crate::kit::{Order, OrderValue, Projection as _, Row as _, RowPage, Select, Wanted};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SiteOrder {
    #[default]
    CreatedAt,
    Slug,
}

impl Order<SiteRow> for SiteOrder {
    fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::Slug => "slug",
        }
    }

    fn value(self, row: &SiteRow) -> OrderValue {
        match self {
            Self::CreatedAt => OrderValue::Moment(row.created_at),
            Self::Slug => OrderValue::Text(row.slug.to_string()),
        }
    }
}

pub async fn site_in_tx(tx: &mut TenantTx, id: Uuid) -> Result<Option<SiteRow>, DatabaseError> {
    Select::of(tx, Sites::VERSION).equal("id", &id).one_in_tx(tx).await
}

/// Those of them that there are, in no order: one statement for whatever many rows refer to.
pub async fn sites_by_id_in_tx(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<SiteRow>, DatabaseError> {
    Select::of(tx, Sites::VERSION).among("id", ids).all_in_tx(tx).await
}

pub async fn sites_in_tx(
    tx: &mut TenantTx,
    wanted: &Wanted<SiteOrder>,
) -> Result<RowPage<SiteRow>, DatabaseError> {
    Select::of(tx, Sites::VERSION).page_in_tx(tx, wanted).await
}

/// How many sites there are, or how many in that state.
pub async fn site_count_in_tx(tx: &mut TenantTx, state: Option<&str>) -> Result<i64, DatabaseError> {
    let counts: Vec<SiteCountRow> = Select::of(tx, Sites::VERSION).all_in_tx(tx).await?;
    let counted = counts.iter().filter(|count| state.is_none_or(|state| count.state == state));
    Ok(counted.map(|count| count.sites).sum())
}

/// A publishing that should have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishOver {
    pub org: OrgId,
    pub site: StreamId,
    pub publish_id: PublishId,
}

/// At most so many of each org, the longest over first. Each org comes with the moment that it is there; the transaction names
/// these orgs.
pub async fn publishes_over_in_tx(
    tx: &mut WorkerTx,
    now: &[(OrgId, Timestamp)],
    limit: u16,
) -> Result<Vec<PublishOver>, DatabaseError> {
    let (orgs, moments): (Vec<_>, Vec<_>) = now.iter().map(|(org, now)| (org.uuid(), Moment(*now))).unzip();
    let query = sqlx::query(AssertSqlSafe(publishes_over())).bind(orgs).bind(moments).bind(i64::from(limit));
    let rows = query.fetch_all(tx.connection()).await?;
    Ok(rows.iter().map(PublishOver::read).collect::<Result<_, _>>()?)
}

/// A range of one index for each org.
pub(super) fn publishes_over() -> String {
    format!(
        "select found.* from unnest($1::uuid[], $2::timestamptz[]) orgs(id, now) cross join lateral \
         (select kept.org_id, kept.id, kept.publish_id from read.{}_v{} kept \
         where kept.org_id = orgs.id and kept.complete_by <= orgs.now \
         order by kept.complete_by, kept.id limit $3) found",
        SiteRow::TABLE,
        Sites::VERSION
    )
}

impl PublishOver {
    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let stream = |column| {
            StreamId::try_from(row.try_get::<Uuid, _>(column)?)
                .map_err(|error| sqlx::Error::Decode(error.into()))
        };
        Ok(Self { org: stream("org_id")?.into(), site: stream("id")?, publish_id: stream("publish_id")? })
    }
}
