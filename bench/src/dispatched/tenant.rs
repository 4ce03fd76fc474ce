//! An org, its owner, and the commands that the owner gives.

use anyhow::bail;
use uuid::Uuid;
use xentri_commands::{Answer, CommandRequest, Dispatcher, Idempotency, Provenance};
use xentri_domain::aggregate::Door;
use xentri_domain::invoice::InvoiceCommand;
use xentri_domain::kernel::{Actor, OrgId, Principal, Role, Slug, StreamId, UserId};
use xentri_domain::lead::LeadCommand;
use xentri_domain::org::OrgCommand;
use xentri_domain::page::PageCommand;
use xentri_domain::pulse::ItemCommand;
use xentri_domain::registry::Command;
use xentri_ledger::{Ledger, TenantTx};

use super::read;
use crate::bodies::{self, Body};

pub(super) struct Tenant {
    owner: Principal,
    source: Slug,
    /// Where its pages are, if it has any.
    site: StreamId,
}

/// A command and the body that it was read from.
pub(super) struct Text {
    command: Command,
    body: String,
}

impl Text {
    pub(super) fn of(body: &Body) -> anyhow::Result<Self> {
        Ok(Self { command: read(body)?, body: body.fields.to_string() })
    }
}

impl Tenant {
    pub(super) async fn make(dispatcher: &Dispatcher) -> anyhow::Result<Self> {
        let org = OrgId::try_from(Uuid::now_v7())?;
        let service = Principal::new(org, Actor::System(Slug::parse("bench")?), Role::Owner);
        let owner = Principal::new(org, Actor::User(UserId::of("https://issuer.test", "ada")), Role::Owner);
        let tenant = Self { owner, source: Slug::parse("api")?, site: StreamId::try_from(Uuid::now_v7())? };
        let request = tenant.request(&Text::of(&bodies::org()?)?, Some(org.into()), None)?;
        dispatcher.dispatch(&service, request).await?;
        Ok(tenant)
    }

    pub(super) fn org(&self) -> OrgId {
        self.owner.org()
    }

    /// What an org has before it has customers.
    pub(super) async fn set_up_business(&mut self, dispatcher: &Dispatcher) -> anyhow::Result<()> {
        for body in [bodies::brief()?, bodies::site()?] {
            let request = self.request(&Text::of(&body)?, None, None)?;
            self.site = dispatcher.dispatch(&self.owner, request).await?.id;
        }
        Ok(())
    }

    /// Command number `step` of how a customer is won and served.
    pub(super) async fn do_business(
        &self,
        dispatcher: &Dispatcher,
        step: usize,
        id: StreamId,
    ) -> anyhow::Result<Answer> {
        let body = bodies::of_business(step, self.site, id.uuid())?;
        let text = Text::of(&body)?;
        match body.kind.door {
            Door::Create => self.begin(dispatcher, &text, id).await,
            _ => self.go_on(dispatcher, &text, id).await,
        }
    }

    /// The command that makes a stream with that id.
    pub(super) async fn begin(
        &self,
        dispatcher: &Dispatcher,
        text: &Text,
        id: StreamId,
    ) -> anyhow::Result<Answer> {
        Ok(dispatcher.dispatch(&self.owner, self.request(text, Some(id), None)?).await?)
    }

    pub(super) async fn go_on(
        &self,
        dispatcher: &Dispatcher,
        text: &Text,
        stream: StreamId,
    ) -> anyhow::Result<Answer> {
        Ok(dispatcher.dispatch(&self.owner, self.request(text, None, Some(stream))?).await?)
    }

    pub(super) async fn read(&self, ledger: &Ledger) -> anyhow::Result<TenantTx> {
        let Some(entry) = ledger.directory().find(self.owner.org()).await? else { bail!("the org is gone") };
        Ok(TenantTx::read(ledger.databases(), entry.home).await?)
    }

    /// With an idempotency key, as programs send commands.
    fn request(
        &self,
        text: &Text,
        new: Option<StreamId>,
        stream: Option<StreamId>,
    ) -> anyhow::Result<CommandRequest> {
        let id = new.or(stream).map(|id| id.to_string()).unwrap_or_default();
        let idempotency = Idempotency {
            key: Uuid::now_v7().to_string().parse()?,
            fingerprint: [id.as_bytes(), text.body.as_bytes()].concat(),
        };
        Ok(CommandRequest {
            command: with_id(text.command.clone(), new)?,
            stream,
            idempotency: Some(idempotency),
            if_match: None,
            provenance: Provenance::from_source(self.source.clone()),
        })
    }
}

fn with_id(command: Command, id: Option<StreamId>) -> anyhow::Result<Command> {
    let Some(id) = id else { return Ok(command) };
    match command {
        Command::Lead(LeadCommand::Capture(mut capture)) => {
            capture.id = Some(id.into());
            Ok(LeadCommand::Capture(capture).into())
        }
        Command::Invoice(InvoiceCommand::Draft(mut draft)) => {
            draft.id = Some(id.into());
            Ok(InvoiceCommand::Draft(draft).into())
        }
        Command::Org(OrgCommand::Create(mut create)) => {
            create.id = Some(id.into());
            Ok(OrgCommand::Create(create).into())
        }
        Command::Page(PageCommand::Add(mut add)) => {
            add.id = Some(id.into());
            Ok(PageCommand::Add(add).into())
        }
        Command::PulseItem(ItemCommand::Raise(mut raise)) => {
            raise.id = Some(id.into());
            Ok(ItemCommand::Raise(raise).into())
        }
        other => bail!("{} begins no stream here", other.kind().name),
    }
}
