//! Why a command to a site is refused.

use thiserror::Error;

use super::{MOST_PUBLISHED, PublishId, Status};
use crate::aggregate::refusals;
use crate::kernel::{PageId, PagePath, SiteId, Slug, StreamId};

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

refusals! {
    SiteError;
    NotFound NotFound "not_found";
    AlreadyExists AlreadyExists "already_exists";
    IllegalTransition IllegalTransition "illegal_transition";
    SlugTaken Taken "slug_taken" at "/slug";
    SlugInUse IllegalTransition "slug_in_use" at "/slug";
    NothingToPublish IllegalTransition "nothing_to_publish";
    TooManyInPreview IllegalTransition "too_many_in_preview";
    PathStillLive Taken "path_still_live";
    PublishOver IllegalTransition "publish_over" at "/publish_id";
}
