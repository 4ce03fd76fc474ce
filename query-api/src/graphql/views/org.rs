//! The org and its settings.

use async_graphql::{Context, Object};
use uuid::Uuid;
use xentri_domain::kernel::Permission;
use xentri_projections::org::{OrgRow, org_in_tx};

use crate::graphql::error::ReadError;
use crate::graphql::reader::reader;
use crate::graphql::scalars::DateTime;

struct Org(OrgRow);

/// The org that the token is for.
#[Object(serial)]
impl Org {
    /// The org's id.
    async fn id(&self) -> Uuid {
        self.0.id
    }

    /// Of its stream, for `If-Match`.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When its settings changed last.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the identity provider calls it.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// Whose days its dates are, as in `Europe/Madrid`.
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// What it counts in, unless something else is said: a code of ISO 4217.
    async fn currency(&self) -> &str {
        &self.0.currency
    }

    /// What its people are spoken to in, unless they ask for another: `en`, `es`.
    async fn language(&self) -> &str {
        &self.0.language
    }

    /// What its invoices' numbers begin with.
    async fn invoice_prefix(&self) -> &str {
        &self.0.invoice_prefix
    }
}

#[derive(Default)]
pub(in crate::graphql) struct OrgQueries;

#[Object]
impl OrgQueries {
    /// The org that the token is for. Needs `core:read`.
    async fn org(&self, ctx: &Context<'_>) -> Option<Result<Org, ReadError>> {
        org(ctx).await.transpose()
    }
}

async fn org(ctx: &Context<'_>) -> Result<Option<Org>, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::CORE_READ)?;
    Ok(org_in_tx(&mut *reader.tx().await?).await?.map(Org))
}
