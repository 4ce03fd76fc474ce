//! How much a document asks for, reckoned before anything is done for it. The framework walks fragments as often as they are
//! used, which a few lines of text can make very often; here each is walked once.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::Positioned;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};

use super::error::ReadError;

/// How deep brackets may be nested in the text: the parser takes a frame of the stack for each.
const BRACKETS: usize = 60;
const FRAGMENTS: usize = 100;
const OPERATIONS: usize = 20;
/// As they are once fragments are put in.
const FIELDS: usize = 2000;
const DIRECTIVES: usize = 200;
/// Declared by all operations.
const VARIABLES: usize = 200;
/// Values of the schema, about: several times what tools ask for, who ask for all of it.
const SCHEMA: usize = 1_500_000;

/// Of a set of fields, with its fragments put in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Measure {
    fields: usize,
    aliases: usize,
    depth: usize,
    directives: usize,
    /// Values that are answered about the schema.
    schema: usize,
    /// The same where all of it stands within such a question.
    within_schema: usize,
}

impl Measure {
    fn with(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
            depth: self.depth.max(other.depth),
            directives: self.directives.saturating_add(other.directives),
            schema: self.schema.saturating_add(other.schema),
            within_schema: self.within_schema.saturating_add(other.within_schema),
        }
    }

    /// As what stands within a field.
    fn inside(self, field: &Field) -> Self {
        let name = field.name.node.as_str();
        let within_schema = self.within_schema.saturating_mul(length(name)).saturating_add(1);
        Self {
            fields: self.fields.saturating_add(1),
            aliases: self.aliases.saturating_add(field.alias.is_some().into()),
            depth: self.depth.saturating_add(1),
            schema: if matches!(name, "__schema" | "__type") { within_schema } else { self.schema },
            within_schema,
            ..self
        }
        .directed(&field.directives)
    }

    fn directed(self, directives: &[Positioned<Directive>]) -> Self {
        Self { directives: self.directives.saturating_add(directives.len()), ..self }
    }
}

/// Of a list of the schema, about: types have fields, which have types, and so on without an end. The framework counts each as one.
fn length(of_schema: &str) -> usize {
    match of_schema {
        "types" => 100,
        "fields" => 20,
        "directives" | "enumValues" | "inputFields" => 10,
        "args" | "interfaces" | "possibleTypes" => 5,
        _ => 1,
    }
}

pub(super) struct Limits {
    pub(super) aliases: usize,
    pub(super) depth: usize,
}

/// Looked at before the text is parsed: one walk over its bytes, past strings and comments as the parser goes past them.
pub(super) fn nesting(query: &str) -> Result<(), ReadError> {
    let mut rest = query.as_bytes();
    let mut depth = 0_usize;
    while let Some((byte, behind)) = rest.split_first() {
        rest = match byte {
            b'#' => past(behind, &[], &[b"\n", b"\r"]).unwrap_or_default(),
            // The parser would try to read one without an end as something else.
            b'"' if rest.starts_with(BLOCK) => {
                past(&rest[BLOCK.len()..], &[b"\\\"\"\""], &[BLOCK]).ok_or(ReadError::NoEnd)?
            }
            b'"' => past(behind, &[b"\\\\", b"\\\""], &[b"\"", b"\n", b"\r"]).unwrap_or_default(),
            b'{' | b'[' | b'(' => {
                depth += 1;
                behind
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                behind
            }
            _ => behind,
        };
        if depth > BRACKETS {
            return Err(ReadError::Costly(format!("nested deeper than {BRACKETS} brackets")));
        }
    }
    Ok(())
}

const BLOCK: &[u8] = b"\"\"\"";

/// What comes behind the first of these ends, of which what is escaped is none.
fn past<'a>(text: &'a [u8], escaped: &[&[u8]], ends: &[&[u8]]) -> Option<&'a [u8]> {
    let mut rest = text;
    while !rest.is_empty() {
        let begins =
            |marks: &[&[u8]]| marks.iter().find(|mark| rest.starts_with(mark)).map(|mark| mark.len());
        match (begins(escaped), begins(ends)) {
            (Some(length), _) => rest = &rest[length..],
            (None, Some(length)) => return Some(&rest[length..]),
            (None, None) => rest = &rest[1..],
        }
    }
    None
}

/// Refuses what asks for too much.
pub(super) fn document(document: &ExecutableDocument, limits: &Limits) -> Result<(), ReadError> {
    let over = |what: &str, most: usize| Err(ReadError::Costly(format!("more than {most} {what}")));
    if document.fragments.len() > FRAGMENTS {
        return over("fragments", FRAGMENTS);
    }
    let operations = document.operations.iter();
    if operations.len() > OPERATIONS {
        return over("operations", OPERATIONS);
    }
    let mut ruler = Ruler { fragments: &document.fragments, known: HashMap::new() };
    let mut all = Measure::default();
    let mut variables = 0;
    for (_, operation) in operations {
        let OperationDefinition { selection_set, directives, variable_definitions, .. } = &operation.node;
        all = all.with(ruler.set(&selection_set.node)?).directed(directives);
        variables += variable_definitions.len();
        for declared in variable_definitions {
            all = all.directed(&declared.node.directives);
        }
    }
    // A fragment that nobody uses is looked at by the framework all the same.
    for name in document.fragments.keys() {
        ruler.fragment(name)?;
    }
    match all {
        Measure { fields, .. } if fields > FIELDS => over("fields", FIELDS),
        Measure { aliases, .. } if aliases > limits.aliases => over("aliases", limits.aliases),
        Measure { depth, .. } if depth > limits.depth => over("levels", limits.depth),
        Measure { directives, .. } if directives > DIRECTIVES => over("directives", DIRECTIVES),
        Measure { schema, .. } if schema > SCHEMA => over("values of the schema", SCHEMA),
        _ if variables > VARIABLES => over("variables", VARIABLES),
        _ => Ok(()),
    }
}

struct Ruler<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// None while it is being walked: whoever comes to it then goes in a circle.
    known: HashMap<&'a str, Option<Measure>>,
}

impl<'a> Ruler<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Result<Measure, ReadError> {
        let mut all = Measure::default();
        for selection in &set.items {
            all = all.with(match &selection.node {
                Selection::Field(field) => self.set(&field.node.selection_set.node)?.inside(&field.node),
                Selection::InlineFragment(inline) => {
                    self.set(&inline.node.selection_set.node)?.directed(&inline.node.directives)
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node)?.directed(&spread.node.directives)
                }
            });
        }
        Ok(all)
    }

    fn fragment(&mut self, name: &str) -> Result<Measure, ReadError> {
        // One that is not there is for the framework to name.
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return Ok(Measure::default());
        };
        match self.known.get(name.as_str()) {
            Some(Some(measure)) => return Ok(*measure),
            Some(None) => return Err(ReadError::Cycle),
            None => self.known.insert(name.as_str(), None),
        };
        let measure = self.set(&fragment.node.selection_set.node)?;
        self.known.insert(name.as_str(), Some(measure));
        Ok(measure)
    }
}
