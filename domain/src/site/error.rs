//! Why a command to a site is refused.

use std::borrow::Cow;

use thiserror::Error;

use super::{MOST_PUBLISHED, PublishId, Status};
use crate::aggregate::{Refusal, RefusalKind};
use crate::kernel::{Coded, PageId, PagePath, SiteId, Slug, StreamId};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SiteError {
    #[error("site {id} is not known")]
    NotFound { id: StreamId },
    #[error("site {id} exists already")]
    AlreadyExists { id: StreamId },
    #[error("site {id} is {status}, which does not allow {command}")]
    IllegalTransition { id: StreamId, status: Status, command: &'static str },
    #[error("site {by} has the slug {slug}")]
    SlugTaken { slug: Slug, by: SiteId },
    #[error("site {id} is publishing, which does not allow another slug")]
    SlugInUse { id: StreamId },
    #[error("site {id} has no page in preview")]
    NothingToPublish { id: StreamId },
    #[error("site {id} has {pages} pages in preview; at most {} go live together", MOST_PUBLISHED)]
    TooManyInPreview { id: StreamId, pages: usize },
    #[error("page {page} can't go live at {path}, where page {other} still is; publish or remove that one")]
    PathStillLive { page: PageId, path: PagePath, other: PageId },
    #[error("publishing {publish} of site {id} is not the one under way")]
    PublishOver { id: StreamId, publish: PublishId },
}

impl Coded for SiteError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::AlreadyExists { .. } => "already_exists",
            Self::IllegalTransition { .. } => "illegal_transition",
            Self::SlugTaken { .. } => "slug_taken",
            Self::SlugInUse { .. } => "slug_in_use",
            Self::NothingToPublish { .. } => "nothing_to_publish",
            Self::TooManyInPreview { .. } => "too_many_in_preview",
            Self::PathStillLive { .. } => "path_still_live",
            Self::PublishOver { .. } => "publish_over",
        }
    }
}

impl Refusal for SiteError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound { .. } => RefusalKind::NotFound,
            Self::AlreadyExists { .. } => RefusalKind::AlreadyExists,
            Self::SlugTaken { .. } | Self::PathStillLive { .. } => RefusalKind::Taken,
            Self::IllegalTransition { .. }
            | Self::SlugInUse { .. }
            | Self::NothingToPublish { .. }
            | Self::TooManyInPreview { .. }
            | Self::PublishOver { .. } => RefusalKind::IllegalTransition,
        }
    }

    fn pointer(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::SlugTaken { .. } | Self::SlugInUse { .. } => Some("/slug".into()),
            Self::PublishOver { .. } => Some("/publish_id".into()),
            _ => None,
        }
    }
}
