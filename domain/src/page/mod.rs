//! Pages of a website, each a stream of its own, so that editors of different pages never meet.
//!
//! Draft → Preview → Publishing → Live or Failed. Editing a previewed, live or failed page makes it a draft; the live
//! version stays until another goes live or the page is removed. A publishing page refuses edits. Publishing itself
//! is decided on the site. `tests.rs` has the whole table.

mod command;
mod decide;
mod error;
mod event;
mod link;
mod values;

#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Stream, no_personal};
use crate::kernel::{PagePath, SiteId, Text, Url};
use crate::site::PublishId;

pub use command::{Add, ContinueEditing, PageCommand, Remove, RequestPreview, Update};
pub use error::PageError;
pub use event::{
    Created, EditingResumed, PageEvent, PreviewRequested, PublishFailed, PublishStarted, Published, Removed,
    Updated,
};
pub use link::Link;
pub use values::{Block, BlockInput, Blocks, BlocksInput, HeadingLevel, ListItems, ValueError};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not added: there is no such page.
    #[default]
    Absent,
    Draft,
    Preview,
    Publishing,
    Live,
    Failed,
    Removed,
}

/// What a decision on a page or on its site has to know of its past.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    pub status: Status,
    pub site_id: Option<SiteId>,
    /// What is edited, and goes live next; as the live version while nothing was edited since.
    pub draft: Option<Content>,
    /// The publishing that it is part of, while it is.
    pub publish_id: Option<PublishId>,
    /// What visitors see, whatever becomes of the draft.
    pub live: Option<Live>,
}
no_personal!(Page);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    pub path: PagePath,
    pub title: Text<200>,
    pub blocks: Blocks,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    pub content: Content,
    pub url: Url,
    pub build_id: Text<200>,
}

impl Stream for Page {
    const TYPE: &'static str = "page";
    const FOLD_VERSION: u32 = 1;
    type Event = PageEvent;

    fn apply(&mut self, event: &PageEvent) {
        match event {
            PageEvent::Created(created) => *self = Self::from(created.clone()),
            PageEvent::Updated(updated) => {
                self.status = Status::Draft;
                if let Some(draft) = &mut self.draft {
                    draft.update(updated);
                }
            }
            PageEvent::Removed(removed) => {
                *self = Self { status: Status::Removed, site_id: Some(removed.site_id), ..Self::default() };
            }
            PageEvent::PreviewRequested(_) => self.status = Status::Preview,
            PageEvent::EditingResumed(_) => self.status = Status::Draft,
            PageEvent::PublishStarted(started) => {
                self.status = Status::Publishing;
                self.publish_id = Some(started.publish_id);
            }
            PageEvent::Published(published) => {
                self.status = Status::Live;
                self.publish_id = None;
                self.live = self.draft.clone().map(|content| Live {
                    content,
                    url: published.url.clone(),
                    build_id: published.build_id.clone(),
                });
            }
            PageEvent::PublishFailed(_) => {
                self.status = Status::Failed;
                self.publish_id = None;
            }
        }
    }
}

impl Content {
    fn update(&mut self, updated: &Updated) {
        let Updated { site_id: _, path, title, blocks } = updated.clone();
        self.path = path.unwrap_or_else(|| self.path.clone());
        self.title = title.unwrap_or_else(|| self.title.clone());
        if let Some(blocks) = blocks {
            self.blocks = blocks;
        }
    }
}

impl From<Created> for Page {
    fn from(created: Created) -> Self {
        let Created { site_id, path, title, blocks } = created;
        Self {
            status: Status::Draft,
            site_id: Some(site_id),
            draft: Some(Content { path, title, blocks }),
            ..Self::default()
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Absent => "absent",
            Self::Draft => "draft",
            Self::Preview => "preview",
            Self::Publishing => "publishing",
            Self::Live => "live",
            Self::Failed => "failed",
            Self::Removed => "removed",
        })
    }
}
