//! Looking anything up by its id.

use async_graphql::{Context, Enum, Interface, Object};
use uuid::Uuid;

use super::invoice::{self, Invoice};
use super::lead::{self, Lead};
use super::page::{self, Page};
use super::site::{self, Site};
use crate::graphql::error::ReadError;
use crate::graphql::scalars::DateTime;

/// Something that has a stream of events of its own.
#[derive(Interface)]
#[allow(clippy::duplicated_attributes, reason = "two fields of one type")]
#[graphql(
    field(name = "id", ty = "Uuid", desc = "Its id."),
    field(name = "version", ty = "i64", desc = "Of its stream, for `If-Match`."),
    field(name = "created_at", ty = "DateTime", desc = "When it came to be."),
    field(name = "updated_at", ty = "DateTime", desc = "When something happened to it last.")
)]
pub(in crate::graphql) enum Node {
    Lead(Lead),
    Invoice(Invoice),
    Site(Site),
    Page(Page),
}

/// What can be looked up. One id may stand for things of two types, so the type belongs to it.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
enum NodeType {
    /// A lead.
    Lead,
    /// An invoice.
    Invoice,
    /// A site.
    Site,
    /// A page.
    Page,
}

#[derive(Default)]
pub(in crate::graphql) struct NodeQueries;

#[Object]
impl NodeQueries {
    /// Anything by its type and id. Needs what the query of that type needs.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is.", name = "type")] kind: NodeType,
        #[graphql(desc = "Which one.")] id: Uuid,
    ) -> Option<Result<Node, ReadError>> {
        node(ctx, kind, id).await.transpose()
    }
}

async fn node(ctx: &Context<'_>, kind: NodeType, id: Uuid) -> Result<Option<Node>, ReadError> {
    Ok(match kind {
        NodeType::Lead => lead::lead(ctx, id).await?.map(Node::Lead),
        NodeType::Invoice => invoice::by_id(ctx, id).await?.map(Node::Invoice),
        NodeType::Site => site::site(ctx, id).await?.map(Node::Site),
        NodeType::Page => page::page(ctx, id).await?.map(Node::Page),
    })
}
