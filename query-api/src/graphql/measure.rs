//! How much a document asks for, reckoned before anything is done for it. The framework walks fragments as often as they are
//! used, which a few lines of text can make very often; here each is walked once.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::Positioned;
use async_graphql::parser::types::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet};

use super::error::ReadError;

/// How deep brackets may be nested in the text: the parser takes a frame of the stack for each.
const BRACKETS: usize = 60;
const FRAGMENTS: usize = 100;
const OPERATIONS: usize = 20;
/// As they are once fragments are put in.
const FIELDS: usize = 2000;

/// Of a set of fields, with its fragments put in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Measure {
    fields: usize,
    aliases: usize,
    depth: usize,
}

impl Measure {
    fn with(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
            depth: self.depth.max(other.depth),
        }
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
    for (_, operation) in operations {
        all = all.with(ruler.set(&operation.node.selection_set.node)?);
    }
    // A fragment that nobody uses is looked at by the framework all the same.
    for name in document.fragments.keys() {
        ruler.fragment(name)?;
    }
    match all {
        Measure { fields, .. } if fields > FIELDS => over("fields", FIELDS),
        Measure { aliases, .. } if aliases > limits.aliases => over("aliases", limits.aliases),
        Measure { depth, .. } if depth > limits.depth => over("levels", limits.depth),
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
                Selection::Field(field) => {
                    let inside = self.set(&field.node.selection_set.node)?;
                    Measure {
                        fields: inside.fields.saturating_add(1),
                        aliases: inside.aliases.saturating_add(field.node.alias.is_some().into()),
                        depth: inside.depth.saturating_add(1),
                    }
                }
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
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
