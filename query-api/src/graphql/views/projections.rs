//! How far the read models are.

use async_graphql::{Context, Object, SimpleObject};
use xentri_domain::kernel::Permission;
use xentri_projections::standing::{Standing, standings_in_tx};

use crate::graphql::error::ReadError;
use crate::graphql::reader::reader;
use crate::graphql::words::words;

words! {
    /// What a copy of a read model is.
    ProjectionState, "state of a generation" {
        /// It is being made.
        Building => "building",
        /// It is whole, and not shown yet.
        Sealed => "sealed",
        /// It is what is read.
        Live => "live",
        /// It was what is read, and can be again.
        Grace => "grace",
    }
}

/// A copy of a read model: what queries answer from is made of the ledger, and can be made again.
#[derive(SimpleObject)]
#[graphql(serial)]
struct Projection {
    /// The read model.
    name: String,
    /// Of the rules by which it is made.
    version: i32,
    /// Which copy.
    generation: i32,
    /// What this copy is.
    state: ProjectionState,
    /// How many events of the org it has not come to yet.
    lag: i64,
    /// How many events of the org wait because one could not be taken.
    parked: i64,
}

#[derive(Default)]
pub(in crate::graphql) struct ProjectionQueries;

#[Object]
impl ProjectionQueries {
    /// The read models, and how far each is with the org's events. Needs `projection:read`.
    #[graphql(complexity = "5 + 20 * child_complexity")]
    async fn projections(&self, ctx: &Context<'_>) -> Option<Result<Vec<Projection>, ReadError>> {
        Some(projections(ctx).await)
    }
}

async fn projections(ctx: &Context<'_>) -> Result<Vec<Projection>, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::PROJECTION_READ)?;
    let standings = standings_in_tx(&mut *reader.tx().await?).await?;
    let shown = |one: Standing| {
        let Standing { projection: name, version, generation, lag, parked, .. } = one;
        Ok(Projection { name, version, generation, state: ProjectionState::of(&one.state)?, lag, parked })
    };
    standings.into_iter().map(shown).collect()
}
