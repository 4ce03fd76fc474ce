//! The order of what is answered: that of the question, as the specification has it. The framework resolves fields side by side, and
//! writes each down as it comes.

use std::collections::HashSet;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Value};

/// For an answer that there is: its document has been found to be valid, so no fragment is part of itself.
pub(super) fn as_asked(data: &mut Value, document: &ExecutableDocument, operation: Option<&str>) {
    let is_asked =
        |name: Option<&Name>| operation.is_none_or(|asked| name.is_some_and(|name| name.as_str() == asked));
    let operation = document.operations.iter().find(|(name, _)| is_asked(*name));
    if let (Some((_, operation)), Value::Object(_)) = (operation, &*data) {
        Order::of(&[&operation.node.selection_set.node], document).put(data);
    }
}

/// Names as they come, each with the order of what is below. Nothing is below a value of its own, be it as large as it likes.
struct Order(Vec<(Name, Order)>);

impl Order {
    fn of(sets: &[&SelectionSet], document: &ExecutableDocument) -> Self {
        let mut fields = IndexMap::new();
        let mut spread = HashSet::new();
        for set in sets {
            collect(set, document, &mut fields, &mut spread);
        }
        Self(fields.into_iter().map(|(name, sets)| (name.clone(), Self::of(&sets, document))).collect())
    }

    fn put(&self, value: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.put(item)),
            Value::Object(fields) if !self.0.is_empty() => {
                if !fields.keys().eq(self.0.iter().map(|(name, _)| name)) {
                    let mut unordered = std::mem::take(fields);
                    let own = |(name, _): &(Name, Self)| unordered.swap_remove_entry(name);
                    *fields = self.0.iter().filter_map(own).collect();
                }
                let below = self.0.iter().filter(|(_, below)| !below.0.is_empty());
                below.for_each(|(name, below)| {
                    if let Some(value) = fields.get_mut(name) {
                        below.put(value);
                    }
                });
            }
            _ => {}
        }
    }
}

/// What is asked for in several places is answered where it is asked for first, with all that is below.
fn collect<'a>(
    set: &'a SelectionSet,
    document: &'a ExecutableDocument,
    fields: &mut IndexMap<&'a Name, Vec<&'a SelectionSet>>,
    spread: &mut HashSet<&'a Name>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                let below = &field.node.selection_set.node;
                fields.entry(&field.node.response_key().node).or_default().push(below);
            }
            Selection::InlineFragment(inline) => {
                collect(&inline.node.selection_set.node, document, fields, spread);
            }
            Selection::FragmentSpread(named) => {
                let name = &named.node.fragment_name.node;
                if let Some(fragment) = document.fragments.get(name).filter(|_| spread.insert(name)) {
                    collect(&fragment.node.selection_set.node, document, fields, spread);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn put(document: &str, operation: Option<&str>, data: &str) -> String {
        let mut data: Value = serde_json::from_str(data).unwrap();
        as_asked(&mut data, &parse_query(document).unwrap(), operation);
        serde_json::to_string(&data).unwrap()
    }

    #[test]
    fn fields_come_as_they_are_asked_for_at_every_depth() {
        let asked = "{ b: x { two one } a list { z y } }";
        let came = r#"{"list":[{"y":1,"z":2},{"z":3,"y":4},null],"a":1,"b":{"one":1,"two":2}}"#;
        let told = r#"{"b":{"two":2,"one":1},"a":1,"list":[{"z":2,"y":1},{"z":3,"y":4},null]}"#;
        assert_eq!(put(asked, None, came), told);
    }

    #[test]
    fn fragments_stand_where_they_are_spread_first_and_what_is_left_out_leaves_no_gap() {
        let asked = "query A { z } query B { ...F m { p } ... on Q { l } ...F }
                     fragment F on Q { k m { q } gone }";
        assert_eq!(
            put(asked, Some("B"), r#"{"l":1,"m":{"p":1,"q":2},"k":3}"#),
            r#"{"k":3,"m":{"q":2,"p":1},"l":1}"#
        );
    }

    #[test]
    fn a_value_of_its_own_stays_as_it_is() {
        assert_eq!(
            put("{ b a }", None, r#"{"a":{"y":1,"x":2},"b":null}"#),
            r#"{"b":null,"a":{"y":1,"x":2}}"#
        );
    }
}
