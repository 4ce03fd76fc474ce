//! Websites: a name, a slug, and the publishing of their pages.
//!
//! A site is ready, or publishing: at most one at a time, of all its pages in preview, which then go live together or
//! not at all. The pages are streams of their own; `page_path` lists those of a site. `tests.rs` has the whole table.

mod command;
mod decide;
mod error;
mod event;

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Stream, no_personal};
use crate::kernel::{PageId, Slug, Text, Timestamp, Url};

pub use command::{ChangeSettings, CompletePublish, Create, FailPublish, Publish, SiteCommand};
pub use error::SiteError;
pub use event::{Created, PublishFailed, PublishStarted, Published, SettingsChanged, SiteEvent};

/// One publishing of a site.
pub type PublishId = crate::kernel::StreamId;

/// So many pages go live together at the most: with their site they are appended at once.
pub const MOST_PUBLISHED: usize = 200;

/// A publishing that takes longer has failed.
pub const PUBLISH_TIMEOUT: Duration = Duration::from_mins(15);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not created: there is no such site.
    #[default]
    Absent,
    Ready,
    Publishing,
}

/// What a decision on a site has to know of its past.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Site {
    pub status: Status,
    pub name: Option<Text<200>>,
    pub slug: Option<Slug>,
    /// While it is publishing.
    pub publishing: Option<Publishing>,
    /// Where visitors find it, from the first publishing that succeeded on.
    pub live: Option<Live>,
}
no_personal!(Site);

/// The publishing under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Publishing {
    pub publish_id: PublishId,
    pub page_ids: Vec<PageId>,
    pub complete_by: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    pub url: Url,
    pub build_id: Text<200>,
}

impl Site {
    pub fn is_absent(&self) -> bool {
        self.status == Status::Absent
    }
}

impl Stream for Site {
    const TYPE: &'static str = "site";
    const FOLD_VERSION: u32 = 1;
    type Event = SiteEvent;

    fn apply(&mut self, event: &SiteEvent) {
        match event {
            SiteEvent::Created(created) => {
                self.status = Status::Ready;
                self.name = Some(created.name.clone());
                self.slug = Some(created.slug.clone());
            }
            SiteEvent::SettingsChanged(changed) => {
                let SettingsChanged { name, slug } = changed.clone();
                self.name = name.or(self.name.take());
                self.slug = slug.or(self.slug.take());
            }
            SiteEvent::PublishStarted(started) => {
                let PublishStarted { publish_id, page_ids, complete_by } = started.clone();
                self.status = Status::Publishing;
                self.publishing = Some(Publishing { publish_id, page_ids, complete_by });
            }
            SiteEvent::Published(published) => {
                self.end_publishing();
                self.live = Some(Live { url: published.url.clone(), build_id: published.build_id.clone() });
            }
            SiteEvent::PublishFailed(_) => self.end_publishing(),
        }
    }
}

impl Site {
    fn end_publishing(&mut self) {
        self.status = Status::Ready;
        self.publishing = None;
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Absent => "absent",
            Self::Ready => "ready",
            Self::Publishing => "publishing",
        })
    }
}
