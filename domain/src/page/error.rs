//! Why a command to a page is refused.

use std::borrow::Cow;

use thiserror::Error;

use super::Status;
use crate::aggregate::{Refusal, RefusalKind};
use crate::kernel::{Coded, PageId, PagePath, SiteId, StreamId};

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

impl Coded for PageError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::AlreadyExists { .. } => "already_exists",
            Self::IllegalTransition { .. } => "illegal_transition",
            Self::NoSuchSite { .. } => "no_such_site",
            Self::PathTaken { .. } => "path_taken",
            Self::TooManyPages { .. } => "too_many_pages",
        }
    }
}

impl Refusal for PageError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound { .. } => RefusalKind::NotFound,
            Self::AlreadyExists { .. } => RefusalKind::AlreadyExists,
            Self::IllegalTransition { .. } | Self::TooManyPages { .. } => RefusalKind::IllegalTransition,
            Self::NoSuchSite { .. } => RefusalKind::Invalid,
            Self::PathTaken { .. } => RefusalKind::Taken,
        }
    }

    fn pointer(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::NoSuchSite { .. } => Some("/site_id".into()),
            Self::PathTaken { .. } => Some("/path".into()),
            _ => None,
        }
    }
}
