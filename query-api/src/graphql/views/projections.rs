//! How far the read models are.

use async_graphql::{Context, Object, SimpleObject};
use xentri_domain::kernel::Permission;
use xentri_projections::standing::{self, Standing, standings_in_tx};

use crate::graphql::error::ReadError;
use crate::graphql::reader::reader;
use crate::graphql::scalars::DateTime;
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

words! {
    /// Where the making of a copy is.
    RebuildPhase, "phase of a rebuild" {
        /// Rows are made of the ledger.
        Loading => "loading",
        /// It is brought to where the one that is read is.
        Following => "following",
        /// It is compared with the one that is read.
        Comparing => "comparing",
        /// Nobody may read as of before it was whole when it is shown.
        Settling => "settling",
        /// It is not as the one that is read, and waits for somebody to look at it.
        Differing => "differing",
        /// It is read, and readers can be taken back.
        Grace => "grace",
        /// Readers were taken back from it.
        Returned => "returned",
    }
}

/// How the making of a copy stands.
#[derive(SimpleObject)]
#[graphql(serial)]
struct Rebuild {
    /// What is done now.
    phase: RebuildPhase,
    /// When it began.
    begun_at: DateTime,
    /// Until when readers can be taken to what they saw before.
    grace_until: Option<DateTime>,
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
    /// How it is made anew, as long as that is not over.
    rebuild: Option<Rebuild>,
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
    standings.into_iter().map(shown).collect()
}

fn shown(one: Standing) -> Result<Projection, ReadError> {
    let Standing { projection: name, version, generation, state, lag, parked, rebuild } = one;
    let rebuild = rebuild.map(|rebuild| {
        let standing::Rebuild { phase, begun_at, grace_until } = rebuild;
        Ok::<_, ReadError>(Rebuild {
            phase: RebuildPhase::of(&phase)?,
            begun_at: DateTime(begun_at),
            grace_until: grace_until.map(DateTime),
        })
    });
    let state = ProjectionState::of(&state)?;
    Ok(Projection { name, version, generation, state, lag, parked, rebuild: rebuild.transpose()? })
}
