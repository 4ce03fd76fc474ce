//! Decisions on a page.

use super::{
    Add, BlocksInput, Content, Created, EditingResumed, Page, PageCommand, PageError, PreviewRequested,
    Removed, Status, Update, Updated,
};
use crate::aggregate::{Aggregate, CommandSet, Decision, Facts, Halt};
use crate::claims::{PagePaths, PathClaimed, PathReleased};
use crate::kernel::{PageId, PagePath, SiteId};
use crate::site::Site;

/// More than the website of a company has; a bound, because publishing reads them all.
const MOST_PAGES: usize = 1000;

type Decided = Result<Decision<Page>, Halt<PageError>>;

impl Aggregate for Page {
    type Command = PageCommand;
    type Error = PageError;

    fn decide(&self, command: PageCommand, facts: &Facts) -> Decided {
        self.require_state_for(&command, facts)?;
        match (command, self.site_id.zip(self.draft.as_ref())) {
            (PageCommand::Add(add), _) => added(add, facts),
            // Only a removed page has no content, and the one thing asked of it here is to be removed.
            (_, None) => Ok(Decision::nothing()),
            (PageCommand::Update(update), Some((site, draft))) => self.update(update, site, draft, facts),
            (PageCommand::Remove(_), Some((site, draft))) => self.remove(site, draft, facts),
            (PageCommand::RequestPreview(_), Some((site_id, _))) => {
                Ok(Decision::event(PreviewRequested { site_id }))
            }
            (PageCommand::ContinueEditing(_), Some((site_id, _))) => {
                Ok(Decision::event(EditingResumed { site_id }))
            }
        }
    }
}

impl Page {
    fn require_state_for(&self, command: &PageCommand, facts: &Facts) -> Result<(), PageError> {
        let (id, status) = (facts.stream, self.status);
        let allowed: &[Status] = match command {
            PageCommand::Add(_) => &[Status::Absent],
            PageCommand::Update(_) => &[Status::Draft, Status::Preview, Status::Live, Status::Failed],
            PageCommand::Remove(_) => {
                &[Status::Draft, Status::Preview, Status::Live, Status::Failed, Status::Removed]
            }
            PageCommand::RequestPreview(_) => &[Status::Draft],
            PageCommand::ContinueEditing(_) => &[Status::Preview],
        };
        if allowed.contains(&status) {
            Ok(())
        } else if status == Status::Absent {
            Err(PageError::NotFound { id })
        } else if matches!(command, PageCommand::Add(_)) {
            Err(PageError::AlreadyExists { id })
        } else {
            Err(PageError::IllegalTransition { id, status, command: command.kind().name })
        }
    }

    fn update(&self, update: Update, site_id: SiteId, draft: &Content, facts: &Facts) -> Decided {
        let updated = Updated {
            site_id,
            path: update.path.filter(|path| *path != draft.path),
            title: update.title.filter(|title| *title != draft.title),
            blocks: update.blocks.map(BlocksInput::into_blocks).filter(|blocks| *blocks != draft.blocks),
        };
        let changes = updated.path.is_some() || updated.title.is_some() || updated.blocks.is_some();
        if !changes && self.status != Status::Failed {
            return Ok(Decision::nothing());
        }
        let Some(path) = updated.path.clone() else { return Ok(Decision::event(updated)) };
        let paths = PagePaths::stream(facts.org(), site_id);
        require_free(&path, facts.read::<PagePaths>(paths)?)?;
        let page_id = PageId::from(facts.stream);
        Ok(Decision::event(updated)
            .on::<PagePaths>(paths, PathReleased { site_id, path: draft.path.clone(), page_id })
            .on::<PagePaths>(paths, PathClaimed { site_id, path, page_id }))
    }

    fn remove(&self, site_id: SiteId, draft: &Content, facts: &Facts) -> Decided {
        let paths = PagePaths::stream(facts.org(), site_id);
        // Read although nothing depends on it: what is appended to is seen before.
        facts.read::<PagePaths>(paths)?;
        let (path, page_id) = (draft.path.clone(), PageId::from(facts.stream));
        let live_path = self.live.as_ref().map(|live| live.content.path.clone());
        let removed = Removed { site_id, path: path.clone(), was_live: self.live.is_some(), live_path };
        Ok(Decision::event(removed).on::<PagePaths>(paths, PathReleased { site_id, path, page_id }))
    }
}

fn added(add: Add, facts: &Facts) -> Decided {
    let Add { id: _, site_id, path, title, blocks } = add;
    if facts.read::<Site>(site_id)?.is_absent() {
        return Err(PageError::NoSuchSite { site: site_id }.into());
    }
    let stream = PagePaths::stream(facts.org(), site_id);
    let paths = facts.read::<PagePaths>(stream)?;
    require_free(&path, paths)?;
    if paths.pages.len() >= MOST_PAGES {
        return Err(PageError::TooManyPages { site: site_id, pages: paths.pages.len() }.into());
    }
    let claimed = PathClaimed { site_id, path: path.clone(), page_id: facts.stream.into() };
    Ok(Decision::event(Created { site_id, path, title, blocks: blocks.into_blocks() })
        .on::<PagePaths>(stream, claimed))
}

fn require_free(path: &PagePath, paths: &PagePaths) -> Result<(), PageError> {
    match paths.pages.get(path) {
        Some(by) => Err(PageError::PathTaken { path: path.clone(), by: *by }),
        None => Ok(()),
    }
}
