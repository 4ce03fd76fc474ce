//! The brief: where it stands, what it says, what was approved.

use async_graphql::{Context, Object, SimpleObject};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;
use xentri_domain::kernel::{Permission, Timestamp};
use xentri_projections::brief::{BriefRow, brief_in_tx};

use crate::graphql::error::ReadError;
use crate::graphql::reader::reader;
use crate::graphql::scalars::DateTime;
use crate::graphql::words::words;

words! {
    /// Where a brief stands.
    BriefState, "state of the brief" {
        /// Started, and nothing answered yet.
        Initiated => "initiated",
        /// Questions are being answered.
        Conversing => "conversing",
        /// Enough was answered; a draft is being written.
        Drafting => "drafting",
        /// The draft waits for somebody to approve it or to ask for changes.
        ReviewPending => "review_pending",
        /// It is being changed.
        Editing => "editing",
        /// It is the company's strategy.
        Approved => "approved",
    }
}

words! {
    /// A part of the brief.
    BriefSection, "section of the brief" {
        /// Who the company is.
        Identity => "identity",
        /// Whom it is for.
        Audience => "audience",
        /// What it offers.
        Offerings => "offerings",
        /// What sets it apart.
        Positioning => "positioning",
        /// What it wants to reach.
        Goals => "goals",
        /// Why it can be believed.
        Proof => "proof",
        /// How it works.
        Operations => "operations",
    }
}

/// What a section of the brief says.
#[derive(SimpleObject)]
#[graphql(serial)]
struct BriefSectionContent {
    /// Which one.
    section: BriefSection,
    /// Its text.
    content: String,
}

/// The brief as it was approved last, whatever is being edited.
#[derive(SimpleObject)]
#[graphql(serial)]
struct ApprovedBrief {
    /// Of the stream when it was approved.
    version: i64,
    /// When.
    approved_at: DateTime,
    /// What the sections said.
    sections: Vec<BriefSectionContent>,
}

/// Another content for a section, put forward by an agent.
#[derive(SimpleObject)]
#[graphql(serial)]
struct BriefProposal {
    /// To accept or reject it.
    id: Uuid,
    /// For which section.
    section: BriefSection,
    /// What the section would say.
    content: String,
    /// Which agent.
    agent: String,
    /// When.
    proposed_at: DateTime,
    /// Until when it can be accepted.
    expires_at: DateTime,
}

/// A question and what was answered.
#[derive(SimpleObject)]
#[graphql(serial)]
struct BriefAnswer {
    /// The question.
    question: String,
    /// The answer.
    answer: String,
    /// When it was recorded.
    recorded_at: DateTime,
}

struct Brief(BriefRow);

/// The company's strategy, which other modules read. An org has one.
#[Object(serial)]
impl Brief {
    /// The brief's id.
    async fn id(&self) -> Uuid {
        self.0.id
    }

    /// Of its stream, for `If-Match`.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// When it was started.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When something happened to it last.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// Where it stands.
    async fn state(&self) -> Result<BriefState, ReadError> {
        BriefState::of(&self.0.state)
    }

    /// What its sections say now; those that say nothing are missing.
    async fn sections(&self) -> Result<Vec<BriefSectionContent>, ReadError> {
        sections(&self.0.sections.0)
    }

    /// What was approved last; null before the first time.
    async fn approved(&self) -> Result<Option<ApprovedBrief>, ReadError> {
        let row = &self.0;
        let (Some(approved), Some(version), Some(moment)) =
            (&row.approved, row.approved_version, row.approved_at)
        else {
            return Ok(None);
        };
        let sections = sections(&approved.0)?;
        Ok(Some(ApprovedBrief { version, approved_at: DateTime(moment), sections }))
    }

    /// Proposals that are neither accepted nor rejected. One of them may have expired.
    async fn proposals(&self) -> Result<Vec<BriefProposal>, ReadError> {
        let proposals: Vec<Proposal> = read(&self.0.proposals.0)?;
        proposals.into_iter().map(Proposal::shown).collect()
    }

    /// The last fifty answers, the latest last.
    async fn answers(&self) -> Result<Vec<BriefAnswer>, ReadError> {
        let answers: Vec<Exchange> = read(&self.0.answers.0)?;
        let shown = |Exchange { question, answer, recorded_at }| BriefAnswer {
            question,
            answer,
            recorded_at: DateTime(recorded_at),
        };
        Ok(answers.into_iter().map(shown).collect())
    }

    /// How many answers there were in all.
    async fn answer_count(&self) -> i64 {
        self.0.answer_count
    }
}

#[derive(Deserialize)]
struct Proposal {
    id: Uuid,
    section: String,
    content: String,
    agent: String,
    proposed_at: Timestamp,
    expires_at: Timestamp,
}

#[derive(Deserialize)]
struct Exchange {
    question: String,
    answer: String,
    recorded_at: Timestamp,
}

impl Proposal {
    fn shown(self) -> Result<BriefProposal, ReadError> {
        Ok(BriefProposal {
            id: self.id,
            section: BriefSection::of(&self.section)?,
            content: self.content,
            agent: self.agent,
            proposed_at: DateTime(self.proposed_at),
            expires_at: DateTime(self.expires_at),
        })
    }
}

fn sections(document: &Value) -> Result<Vec<BriefSectionContent>, ReadError> {
    let sections = document.as_object().into_iter().flatten();
    let shown = |(name, content): (&String, &Value)| {
        let content = content.as_str().unwrap_or_default().to_owned();
        Ok(BriefSectionContent { section: BriefSection::of(name)?, content })
    };
    sections.map(shown).collect()
}

fn read<'a, T: Deserialize<'a>>(document: &'a Value) -> Result<T, ReadError> {
    T::deserialize(document).map_err(|_| ReadError::Unreadable("a document of the brief"))
}

#[derive(Default)]
pub(in crate::graphql) struct BriefQueries;

#[Object]
impl BriefQueries {
    /// The org's brief; null before it is started. Needs `strategy:read`.
    async fn brief(&self, ctx: &Context<'_>) -> Option<Result<Brief, ReadError>> {
        brief(ctx).await.transpose()
    }
}

async fn brief(ctx: &Context<'_>) -> Result<Option<Brief>, ReadError> {
    let reader = reader(ctx);
    reader.require(Permission::STRATEGY_READ)?;
    Ok(brief_in_tx(&mut *reader.tx().await?).await?.map(Brief))
}
