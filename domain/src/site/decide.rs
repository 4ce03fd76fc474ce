//! Decisions on a site.

use std::collections::BTreeMap;

use super::{
    ChangeSettings, CompletePublish, Create, Created, FailPublish, MOST_PUBLISHED, PUBLISH_TIMEOUT,
    PublishFailed, PublishId, PublishStarted, Published, Publishing, SettingsChanged, Site, SiteCommand,
    SiteError, Status,
};
use crate::aggregate::{Aggregate, CommandSet, Decision, Facts, Halt, Unread};
use crate::claims::{PagePaths, SlugClaim, SlugClaimed, SlugReleased};
use crate::kernel::{PageId, PagePath, SiteId, Slug, StreamId, Timestamp};
use crate::page::{self, Page};

type Decided = Result<Decision<Site>, Halt<SiteError>>;

impl Aggregate for Site {
    type Command = SiteCommand;
    type Error = SiteError;

    fn decide(&self, command: SiteCommand, facts: &Facts) -> Decided {
        self.require_state_for(&command, facts)?;
        let name = command.kind().name;
        match command {
            SiteCommand::Create(create) => created(create, facts),
            SiteCommand::ChangeSettings(wanted) => self.change_settings(wanted, facts),
            SiteCommand::Publish(_) => publish(facts),
            SiteCommand::CompletePublish(done) => {
                complete(self.under_way(done.publish_id, name, facts)?, &done, facts)
            }
            SiteCommand::FailPublish(failed) => {
                fail(self.under_way(failed.publish_id, name, facts)?, &failed, facts)
            }
        }
    }
}

impl Site {
    fn require_state_for(&self, command: &SiteCommand, facts: &Facts) -> Result<(), SiteError> {
        let (id, status) = (facts.stream, self.status);
        let allowed: &[Status] = match command {
            SiteCommand::Create(_) => &[Status::Absent],
            SiteCommand::ChangeSettings(_) => &[Status::Ready, Status::Publishing],
            SiteCommand::Publish(_) => &[Status::Ready],
            SiteCommand::CompletePublish(_) | SiteCommand::FailPublish(_) => &[Status::Publishing],
        };
        if allowed.contains(&status) {
            Ok(())
        } else if status == Status::Absent {
            Err(SiteError::NotFound { id })
        } else if matches!(command, SiteCommand::Create(_)) {
            Err(SiteError::AlreadyExists { id })
        } else {
            Err(SiteError::IllegalTransition { id, status, command: command.kind().name })
        }
    }

    fn change_settings(&self, wanted: ChangeSettings, facts: &Facts) -> Decided {
        let changed = SettingsChanged {
            name: wanted.name.filter(|name| self.name.as_ref() != Some(name)),
            slug: wanted.slug.filter(|slug| self.slug.as_ref() != Some(slug)),
        };
        if changed == SettingsChanged::default() {
            return Ok(Decision::nothing());
        }
        let Some(slug) = changed.slug.clone() else { return Ok(Decision::event(changed)) };
        if self.status == Status::Publishing {
            return Err(SiteError::SlugInUse { id: facts.stream }.into());
        }
        let mut decision = Decision::event(changed);
        if let Some(old) = self.slug.clone() {
            decision = release(decision, old, facts)?;
        }
        claim(decision, slug, facts)
    }

    fn under_way(
        &self,
        wanted: Option<PublishId>,
        command: &'static str,
        facts: &Facts,
    ) -> Result<&Publishing, SiteError> {
        let (id, status) = (facts.stream, self.status);
        match (&self.publishing, wanted) {
            (None, _) => Err(SiteError::IllegalTransition { id, status, command }),
            (Some(publishing), Some(publish)) if publishing.publish_id != publish => {
                Err(SiteError::PublishOver { id, publish })
            }
            (Some(publishing), _) => Ok(publishing),
        }
    }
}

fn created(create: Create, facts: &Facts) -> Decided {
    let Create { id: _, name, slug } = create;
    claim(Decision::event(Created { name, slug: slug.clone() }), slug, facts)
}

fn claim(decision: Decision<Site>, slug: Slug, facts: &Facts) -> Decided {
    let stream = SlugClaim::stream(facts.org(), &slug);
    if let Some(by) = facts.read::<SlugClaim>(stream)?.site_id {
        return Err(SiteError::SlugTaken { slug, by }.into());
    }
    Ok(decision.on::<SlugClaim>(stream, SlugClaimed { slug, site_id: facts.stream.into() }))
}

fn release(decision: Decision<Site>, slug: Slug, facts: &Facts) -> Decided {
    let stream = SlugClaim::stream(facts.org(), &slug);
    // Read although nothing depends on it: what is appended to is seen before.
    facts.read::<SlugClaim>(stream)?;
    Ok(decision.on::<SlugClaim>(stream, SlugReleased { slug, site_id: facts.stream.into() }))
}

fn publish(facts: &Facts) -> Decided {
    let (id, site_id) = (facts.stream, SiteId::from(facts.stream));
    let (going, staying): (Vec<_>, Vec<_>) =
        pages_of(site_id, facts)?.into_iter().partition(|(_, page)| page.status == page::Status::Preview);
    match going.len() {
        0 => return Err(SiteError::NothingToPublish { id }.into()),
        1..=MOST_PUBLISHED => require_free_paths(&going, &staying)?,
        pages => return Err(SiteError::TooManyInPreview { id, pages }.into()),
    }
    let publish_id = facts.fresh;
    let decision = Decision::event(PublishStarted {
        publish_id,
        page_ids: going.iter().map(|(page, _)| *page).collect(),
        complete_by: facts.now.plus(PUBLISH_TIMEOUT).unwrap_or(Timestamp::MAX),
    });
    Ok(going.iter().fold(decision, |decision, (page, _)| {
        decision.on::<Page>(*page, page::PublishStarted { site_id, publish_id })
    }))
}

/// In the order of their paths.
fn pages_of(site: SiteId, facts: &Facts) -> Result<Vec<(PageId, &Page)>, Unread> {
    let paths = facts.read::<PagePaths>(PagePaths::stream(facts.org(), site))?;
    read_pages(paths.pages.values(), facts)
}

fn read_pages<'a>(
    ids: impl Iterator<Item = &'a PageId> + Clone,
    facts: &Facts,
) -> Result<Vec<(PageId, &Page)>, Unread> {
    let pages = facts.read_all::<Page>(ids.clone().map(|id| StreamId::from(*id)))?;
    Ok(ids.copied().zip(pages).collect())
}

/// A page whose draft has moved still stands at its old path until it goes live at the new one, or is removed. Until
/// then no other page may go live there, or the first would lose its live version.
fn require_free_paths(going: &[(PageId, &Page)], staying: &[(PageId, &Page)]) -> Result<(), SiteError> {
    let standing: BTreeMap<&PagePath, PageId> = staying
        .iter()
        .filter_map(|(id, page)| page.live.as_ref().map(|live| (&live.content.path, *id)))
        .collect();
    for (page, path) in going.iter().filter_map(|(id, page)| Some((*id, &page.draft.as_ref()?.path))) {
        if let Some(other) = standing.get(path).copied() {
            return Err(SiteError::PathStillLive { page, path: path.clone(), other });
        }
    }
    Ok(())
}

fn complete(publishing: &Publishing, done: &CompletePublish, facts: &Facts) -> Decided {
    let Publishing { publish_id, page_ids, complete_by: _ } = publishing.clone();
    let site_id = SiteId::from(facts.stream);
    let pages = read_pages(page_ids.iter(), facts)?;
    let (url, build_id) = (&done.url, &done.build_id);
    let mut decision = Decision::event(Published {
        publish_id,
        page_ids: page_ids.clone(),
        url: url.clone(),
        build_id: build_id.clone(),
    });
    for (id, draft) in pages.into_iter().filter_map(|(id, page)| Some((id, page.draft.as_ref()?))) {
        let published = page::Published {
            site_id,
            publish_id,
            path: draft.path.clone(),
            title: draft.title.clone(),
            url: url.clone(),
            build_id: build_id.clone(),
        };
        decision = decision.on::<Page>(id, published);
    }
    Ok(decision)
}

fn fail(publishing: &Publishing, failed: &FailPublish, facts: &Facts) -> Decided {
    let Publishing { publish_id, page_ids, complete_by: _ } = publishing.clone();
    let site_id = SiteId::from(facts.stream);
    read_pages(page_ids.iter(), facts)?;
    let error = &failed.error;
    let decision =
        Decision::event(PublishFailed { publish_id, page_ids: page_ids.clone(), error: error.clone() });
    Ok(page_ids.into_iter().fold(decision, |decision, page| {
        decision.on::<Page>(page, page::PublishFailed { site_id, publish_id, error: error.clone() })
    }))
}
