//! Documents: read, measured, and kept by their hash, so that the same query is parsed once. That is also what a client needs
//! who sends the hash alone (automatic persisted queries).

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet};
use async_graphql::{ServerError, Variables};
use data_encoding::HEXLOWER_PERMISSIVE;
use moka::future::Cache;
use sha2::{Digest as _, Sha256};

use super::GraphqlSettings;
use super::error::ReadError;
use super::measure::{self, Limits};
use super::reads::{self, Model};

/// In bytes of text; what is made of it takes some ten times that.
const KEPT: u64 = 1 << 20;

pub(super) type Hash = [u8; 32];

/// A document that asks for no more than it may. Whether it fits the schema is not known yet.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) hash: Hash,
    pub(super) parsed: ExecutableDocument,
    /// What its fields are made of.
    pub(super) models: BTreeSet<Model>,
    /// Whether it asks what events say.
    pub(super) payloads: bool,
    /// Whether it asks for texts, which name what they are about.
    pub(super) texts: bool,
    bytes: u32,
}

/// The one of that name, or the only one there is. None where it is not clear which operation is meant: the framework has words for that.
pub(super) fn chosen<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    let mut named = document
        .operations
        .iter()
        .filter(|(own, _)| name.is_none_or(|name| own.is_some_and(|own| own.as_str() == name)));
    let (_, operation) = named.next()?;
    named.next().is_none().then_some(&operation.node)
}

impl Document {
    /// Of its text.
    pub(super) fn bytes(&self) -> usize {
        self.bytes as usize
    }

    /// With the default of each that is not given: the framework does not look for it when a variable decides what is left out.
    pub(super) fn variables(&self, operation: Option<&str>, mut given: Variables) -> Variables {
        let declared = chosen(&self.parsed, operation).map_or(&[][..], |one| &one.variable_definitions);
        for variable in declared.iter().map(|declared| &declared.node) {
            if let Some(default) = &variable.default_value {
                given.entry(variable.name.node.clone()).or_insert_with(|| default.node.clone());
            }
        }
        given
    }
}

#[derive(Debug)]
pub(super) enum DocumentError {
    Syntax(ServerError),
    Refused(ReadError),
}

impl From<ReadError> for DocumentError {
    fn from(error: ReadError) -> Self {
        Self::Refused(error)
    }
}

/// Those that were asked for lately.
pub(super) struct Documents {
    known: Cache<Hash, Arc<Document>>,
    query_bytes: usize,
    introspection: bool,
    limits: Limits,
}

impl Documents {
    pub(super) fn new(settings: &GraphqlSettings) -> Self {
        let weigh = |_: &Hash, document: &Arc<Document>| document.bytes;
        Self {
            known: Cache::builder().max_capacity(KEPT).weigher(weigh).build(),
            query_bytes: settings.query_bytes,
            introspection: settings.introspection,
            limits: Limits { aliases: settings.aliases, depth: settings.depth },
        }
    }

    /// By its text, its hash, or both, which then have to fit.
    pub(super) async fn find(
        &self,
        query: Option<&str>,
        hash: Option<&str>,
    ) -> Result<Arc<Document>, DocumentError> {
        let said = hash.map(read_hash).transpose()?;
        let Some(query) = query.filter(|query| !query.is_empty()) else {
            let Some(said) = said else { return Err(ReadError::Argument("no query".to_owned()).into()) };
            return self.known.get(&said).await.ok_or_else(|| ReadError::UnknownHash.into());
        };
        if query.len() > self.query_bytes {
            return Err(ReadError::Costly(format!("longer than {} bytes", self.query_bytes)).into());
        }
        let hash: Hash = Sha256::digest(query.as_bytes()).into();
        if said.is_some_and(|said| said != hash) {
            return Err(ReadError::WrongHash.into());
        }
        if let Some(known) = self.known.get(&hash).await {
            return Ok(known);
        }
        let document = Arc::new(self.read(hash, query)?);
        self.known.insert(hash, document.clone()).await;
        Ok(document)
    }

    fn read(&self, hash: Hash, query: &str) -> Result<Document, DocumentError> {
        measure::nesting(query)?;
        let parsed = parse_query(query).map_err(|error| DocumentError::Syntax(error.into()))?;
        measure::document(&parsed, &self.limits)?;
        let mut fields = BTreeSet::new();
        for (_, operation) in parsed.operations.iter() {
            fields_of(&operation.node.selection_set.node, &mut fields);
        }
        for fragment in parsed.fragments.values() {
            fields_of(&fragment.node.selection_set.node, &mut fields);
        }
        if !self.introspection && (fields.contains("__schema") || fields.contains("__type")) {
            return Err(ReadError::Introspection.into());
        }
        let payloads = fields.contains("payload");
        let texts = fields.contains("title") || fields.contains("summary");
        let models = fields.into_iter().flat_map(reads::of).collect();
        let bytes = u32::try_from(query.len()).unwrap_or(u32::MAX);
        Ok(Document { hash, parsed, models, payloads, texts, bytes })
    }
}

fn read_hash(hash: &str) -> Result<Hash, ReadError> {
    let bytes = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).map_err(|_| ReadError::WrongHash)?;
    bytes.try_into().map_err(|_| ReadError::WrongHash)
}

fn fields_of<'a>(set: &'a SelectionSet, fields: &mut BTreeSet<&'a str>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                fields.insert(&field.node.name.node);
                fields_of(&field.node.selection_set.node, fields);
            }
            Selection::InlineFragment(inline) => fields_of(&inline.node.selection_set.node, fields),
            // Each is walked by itself.
            Selection::FragmentSpread(_) => {}
        }
    }
}
