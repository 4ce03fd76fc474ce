//! Why a command to a page is refused.

use thiserror::Error;

use super::Status;
use crate::aggregate::refusals;
use crate::kernel::{PageId, PagePath, SiteId, StreamId};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PageError {
    #[error("page {id} is not known")]
    NotFound { id: StreamId },
    #[error("page {id} exists already")]
    AlreadyExists { id: StreamId },
    #[error("page {id} is {status}, which does not allow {command}")]
    IllegalTransition { id: StreamId, status: Status, command: &'static str },
    #[error("there is no site {site}")]
    NoSuchSite { site: SiteId },
    #[error("page {by} of the site has the path {path}")]
    PathTaken { path: PagePath, by: PageId },
    #[error("site {site} has {pages} pages, which is as many as it can have")]
    TooManyPages { site: SiteId, pages: usize },
}

refusals! {
    PageError;
    NotFound NotFound "not_found";
    AlreadyExists AlreadyExists "already_exists";
    IllegalTransition IllegalTransition "illegal_transition";
    NoSuchSite Invalid "no_such_site" at "/site_id";
    PathTaken Taken "path_taken" at "/path";
    TooManyPages IllegalTransition "too_many_pages";
}
