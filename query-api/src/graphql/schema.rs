//! The schema: all views put together, with their limits.

use async_graphql::{EmptyMutation, MergedObject, SDLExportOptions, Schema};

use super::GraphqlSettings;
use super::views::{
    AggregateQueries, BriefQueries, InvoiceQueries, LeadQueries, LedgerQueries, NodeQueries, OrgQueries,
    ProjectionQueries, PulseQueries, SiteQueries, Subscription,
};

/// What an org's people and programs read. Everything is of the org that the token names; what there is not, and what is another
/// org's, look the same.
#[derive(Default, MergedObject)]
pub(super) struct Query(
    OrgQueries,
    BriefQueries,
    LeadQueries,
    InvoiceQueries,
    SiteQueries,
    PulseQueries,
    LedgerQueries,
    AggregateQueries,
    ProjectionQueries,
    NodeQueries,
);

pub(super) type ReadSchema = Schema<Query, EmptyMutation, Subscription>;

/// As many directives as a field may have.
const DIRECTIVES: usize = 5;

pub(super) fn schema(settings: &GraphqlSettings) -> ReadSchema {
    let builder = Schema::build(Query::default(), EmptyMutation, Subscription)
        .limit_complexity(settings.complexity)
        .limit_depth(settings.depth)
        .limit_directives(DIRECTIVES);
    if settings.introspection { builder.finish() } else { builder.disable_introspection().finish() }
}

/// The schema as text, as it is committed.
pub fn sdl() -> String {
    schema(&GraphqlSettings::default()).sdl_with_options(SDLExportOptions::new())
}
