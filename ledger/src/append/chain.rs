//! Chains: commands of one org that go in together or not at all.

use thiserror::Error;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::OrgId;

use super::authorized::Authorized;
use super::record::{CommandRecord, EventRecord};
use crate::database::Home;

/// One command, or several of which each was decided against the state that the one before leaves.
#[derive(Debug, Clone)]
pub struct Chain {
    pub(crate) home: Home,
    pub(crate) streams: Vec<ChainStream>,
    pub(crate) commands: Vec<ChainCommand>,
    pub(crate) new_org: Option<NewOrg>,
}

#[derive(Debug, Clone)]
pub(crate) struct ChainStream {
    pub(crate) stream: StreamRef,
    /// Before the chain.
    pub(crate) expected: u32,
    /// How many events of the chain are on it.
    pub(crate) events: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct ChainCommand {
    pub(crate) actor: String,
    pub(crate) record: CommandRecord,
}

/// The key of an org that begins with this chain, under a master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrg {
    pub wrapped: Vec<u8>,
    pub master_key: String,
}

/// A chain that contradicts itself: a mistake in the code that makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ChainError {
    #[error("the command was authorised in org {authorized}, the chain is of org {chain}")]
    OtherOrg { authorized: OrgId, chain: OrgId },
    #[error("{stream} is expected at version {expected}, but the chain leaves it at {left}")]
    Broken { stream: StreamRef, expected: u32, left: u32 },
    #[error("{stream} has an event or data about somebody, but no version was expected of it")]
    Unexpected { stream: StreamRef },
    /// Stored like that, it could never be exported.
    #[error(
        "the body of an event says version {version} of {stream} in org {org}; it would be version {left} in org {home}"
    )]
    Elsewhere { stream: StreamRef, org: OrgId, version: u64, home: OrgId, left: u32 },
}

impl Chain {
    pub fn new(home: Home) -> Self {
        Self { home, streams: Vec::new(), commands: Vec::new(), new_org: None }
    }

    /// The org's first chain brings its key.
    #[must_use]
    pub fn making(self, new_org: NewOrg) -> Self {
        Self { new_org: Some(new_org), ..self }
    }

    /// Adds a command. `expected`: every stream that the decision rests on, with the version it saw; 0 for one that
    /// has no events. A stream without events of this command is checked all the same. After an error the chain is of no
    /// more use.
    pub fn push(
        &mut self,
        authorized: &Authorized,
        expected: impl IntoIterator<Item = (StreamRef, u32)>,
        record: CommandRecord,
    ) -> Result<(), ChainError> {
        if authorized.org() != self.home.org() {
            return Err(ChainError::OtherOrg { authorized: authorized.org(), chain: self.home.org() });
        }
        for (stream, expected) in expected {
            self.expect(stream, expected)?;
        }
        for event in &record.events {
            self.count(event)?;
        }
        if let Some((_, stream)) = record.about.iter().find(|(_, stream)| self.place_of(*stream).is_none()) {
            return Err(ChainError::Unexpected { stream: *stream });
        }
        self.commands.push(ChainCommand { actor: authorized.actor().to_string(), record });
        Ok(())
    }

    /// One event more on its stream, if it is the one that comes next there.
    fn count(&mut self, event: &EventRecord) -> Result<(), ChainError> {
        let (home, stream) = (self.home.org(), event.stream);
        let known = self.stream_mut(stream).ok_or(ChainError::Unexpected { stream })?;
        known.events += 1;
        let left = known.left();
        match event.says {
            Some((org, version)) if org != home || version != u64::from(left) => {
                Err(ChainError::Elsewhere { stream, org, version, home, left })
            }
            _ => Ok(()),
        }
    }

    pub fn home(&self) -> Home {
        self.home
    }

    /// How many commands it has.
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    fn expect(&mut self, stream: StreamRef, expected: u32) -> Result<(), ChainError> {
        let Some(known) = self.stream_mut(stream) else {
            self.streams.push(ChainStream { stream, expected, events: 0 });
            return Ok(());
        };
        let left = known.left();
        if left == expected { Ok(()) } else { Err(ChainError::Broken { stream, expected, left }) }
    }

    fn stream_mut(&mut self, stream: StreamRef) -> Option<&mut ChainStream> {
        self.streams.iter_mut().find(|known| known.stream == stream)
    }

    /// Among its streams.
    pub(crate) fn place_of(&self, stream: StreamRef) -> Option<usize> {
        self.streams.iter().position(|known| known.stream == stream)
    }

    pub(crate) fn events(&self) -> usize {
        self.commands.iter().map(|command| command.record.events.len()).sum()
    }

    /// About what it weighs while it waits.
    pub(crate) fn bytes(&self) -> usize {
        let command = |command: &ChainCommand| {
            let bodies: usize = command.record.events.iter().map(|event| event.body.len() + 200).sum();
            bodies + command.record.receipt.as_ref().map_or(0, |receipt| receipt.answer.len() + 300) + 200
        };
        self.commands.iter().map(command).sum()
    }
}

impl ChainStream {
    /// The version after the chain.
    pub(crate) fn left(&self) -> u32 {
        self.expected.saturating_add(self.events)
    }
}

#[cfg(test)]
mod tests;
