//! An org, its owner, and the commands that the owner gives.

use anyhow::bail;
use uuid::Uuid;
use xentri_commands::{CommandRequest, Dispatcher, Idempotency, Provenance};
use xentri_domain::invoice::InvoiceCommand;
use xentri_domain::kernel::{Actor, OrgId, Principal, Role, Slug, StreamId, UserId};
use xentri_domain::lead::LeadCommand;
use xentri_domain::org::OrgCommand;
use xentri_domain::registry::Command;
use xentri_ledger::{Ledger, TenantTx};

use super::read;
use crate::bodies::{self, Body};

pub(super) struct Tenant {
    owner: Principal,
    source: Slug,
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
        let tenant = Self { owner, source: Slug::parse("api")? };
        let request = tenant.request(&Text::of(&bodies::org()?)?, Some(org.into()), None)?;
        dispatcher.dispatch(&service, request).await?;
        Ok(tenant)
    }

    /// The command that makes a stream with that id.
    pub(super) async fn begin(
        &self,
        dispatcher: &Dispatcher,
        text: &Text,
        id: StreamId,
    ) -> anyhow::Result<()> {
        dispatcher.dispatch(&self.owner, self.request(text, Some(id), None)?).await?;
        Ok(())
    }

    pub(super) async fn go_on(
        &self,
        dispatcher: &Dispatcher,
        text: &Text,
        stream: StreamId,
    ) -> anyhow::Result<()> {
        dispatcher.dispatch(&self.owner, self.request(text, None, Some(stream))?).await?;
        Ok(())
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
        other => bail!("{} begins no stream here", other.kind().name),
    }
}
