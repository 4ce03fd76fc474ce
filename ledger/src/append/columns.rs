//! Chains as the relations that `app.append` takes, column by column.
//!
//! A number that points into another relation counts from 1. The names are those of the function's parameters.

use std::collections::HashMap;

use uuid::Uuid;
use xentri_domain::kernel::OrgId;

use super::chain::{Chain, ChainCommand};

#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) o: Orgs,
    pub(super) h_org: Vec<i32>,
    pub(super) s: Streams,
    pub(super) c: Commands<'a>,
    pub(super) e: Events<'a>,
    pub(super) n: NewOrgs<'a>,
    pub(super) k: NewSubjects<'a>,
    pub(super) d: About,
    pub(super) f: Forgotten,
    places: HashMap<OrgId, i32>,
}

#[derive(Default)]
pub(super) struct Orgs {
    pub(super) id: Vec<Uuid>,
    pub(super) shard: Vec<i32>,
}

#[derive(Default)]
pub(super) struct Streams {
    pub(super) chain: Vec<i32>,
    pub(super) r#type: Vec<&'static str>,
    pub(super) id: Vec<Uuid>,
    pub(super) version: Vec<i32>,
}

#[derive(Default)]
pub(super) struct Commands<'a> {
    pub(super) chain: Vec<i32>,
    pub(super) actor: Vec<&'a str>,
    pub(super) key: Vec<Option<&'a str>>,
    pub(super) mac: Vec<Option<&'a [u8]>>,
    pub(super) answer: Vec<Option<&'a str>>,
}

#[derive(Default)]
pub(super) struct Events<'a> {
    pub(super) command: Vec<i32>,
    pub(super) stream: Vec<i32>,
    pub(super) id: Vec<Uuid>,
    pub(super) r#type: Vec<&'static str>,
    pub(super) body: Vec<&'a str>,
    pub(super) digest: Vec<&'a [u8]>,
}

#[derive(Default)]
pub(super) struct NewOrgs<'a> {
    pub(super) chain: Vec<i32>,
    pub(super) wrapped: Vec<&'a [u8]>,
    pub(super) master_key: Vec<&'a str>,
}

#[derive(Default)]
pub(super) struct NewSubjects<'a> {
    pub(super) chain: Vec<i32>,
    pub(super) subject: Vec<Uuid>,
    pub(super) wrapped: Vec<&'a [u8]>,
    /// The first stream with data about them: it is written in one row with the key.
    pub(super) stream: Vec<Option<i32>>,
}

#[derive(Default)]
pub(super) struct About {
    pub(super) chain: Vec<i32>,
    pub(super) subject: Vec<Uuid>,
    pub(super) stream: Vec<i32>,
}

#[derive(Default)]
pub(super) struct Forgotten {
    pub(super) chain: Vec<i32>,
    pub(super) subject: Vec<Uuid>,
    pub(super) streams: Vec<i32>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(chains: &[&'a Chain]) -> Self {
        let mut columns = Self::default();
        for chain in chains {
            columns.add(chain);
        }
        columns
    }

    fn add(&mut self, chain: &'a Chain) {
        let org = self.org(chain);
        self.h_org.push(org);
        let number = count(&self.h_org);
        let first_stream = count(&self.s.id) + 1;
        for known in &chain.streams {
            self.s.chain.push(number);
            self.s.r#type.push(known.stream.stream_type);
            self.s.id.push(known.stream.id.uuid());
            // Beyond what a version can be it is stale, whatever it is.
            self.s.version.push(i32::try_from(known.expected).unwrap_or(i32::MAX));
        }
        if let Some(new_org) = &chain.new_org {
            self.n.chain.push(number);
            self.n.wrapped.push(&new_org.wrapped);
            self.n.master_key.push(&new_org.master_key);
        }
        for command in &chain.commands {
            self.add_command(chain, command, number, first_stream);
        }
    }

    fn org(&mut self, chain: &Chain) -> i32 {
        let (home, orgs) = (chain.home, &mut self.o);
        *self.places.entry(home.org()).or_insert_with(|| {
            orgs.id.push(home.org().uuid());
            orgs.shard.push(home.shard().number());
            count(&orgs.id)
        })
    }

    fn add_command(&mut self, chain: &'a Chain, command: &'a ChainCommand, number: i32, first_stream: i32) {
        let record = &command.record;
        let receipt = record.receipt.as_ref();
        self.c.chain.push(number);
        self.c.actor.push(&command.actor);
        self.c.key.push(receipt.map(|receipt| receipt.key.as_str()));
        self.c.mac.push(receipt.map(|receipt| &receipt.mac[..]));
        self.c.answer.push(receipt.map(|receipt| receipt.answer.as_str()));
        // That the chain has it was checked when the command came in.
        let stream = |name| first_stream + to_i32(chain.place_of(name).unwrap_or_default());
        for event in &record.events {
            self.e.command.push(count(&self.c.chain));
            self.e.stream.push(stream(event.stream));
            self.e.id.push(event.id.uuid());
            self.e.r#type.push(event.type_name);
            self.e.body.push(&event.body);
            self.e.digest.push(event.digest.as_bytes());
        }
        let first_of = |subject| record.about.iter().find(|(other, _)| *other == subject);
        for new in &record.new_subjects {
            self.k.chain.push(number);
            self.k.subject.push(new.subject.uuid());
            self.k.wrapped.push(&new.wrapped);
            self.k.stream.push(first_of(new.subject).map(|(_, name)| stream(*name)));
        }
        let new = |subject| record.new_subjects.iter().any(|new| new.subject == subject);
        for pair @ (subject, name) in &record.about {
            if new(*subject) && first_of(*subject) == Some(pair) {
                continue;
            }
            self.d.chain.push(number);
            self.d.subject.push(subject.uuid());
            self.d.stream.push(stream(*name));
        }
        for forgets in &record.forgets {
            self.f.chain.push(number);
            self.f.subject.push(forgets.subject.uuid());
            self.f.streams.push(to_i32(forgets.streams));
        }
    }
}

fn count<T>(rows: &[T]) -> i32 {
    to_i32(rows.len())
}

/// A batch is bounded far below what an i32 holds.
fn to_i32(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
