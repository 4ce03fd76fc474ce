//! The order of what is answered: that of the question, as the specification has it. The framework resolves fields side by side, and
//! writes each down as it comes.
//!
//! An answer does not say of which type an object is. A type condition is taken to hold where the object has all that is asked for
//! under it; where conditions that hold ask for the same name, nobody knows which of them says how, and what depends on it stays as
//! it came. Nothing but order is ever changed: fields are sorted, never taken out, and a value of its own is not looked into.

use std::collections::HashSet;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value, Variables};

use super::document::chosen;

/// For an answer that there is: its document has been found to be valid, so no fragment is part of itself.
pub(super) fn as_asked(
    data: &mut Value,
    document: &ExecutableDocument,
    operation: Option<&str>,
    variables: &Variables,
) {
    if let (Some(operation), Value::Object(_)) = (chosen(document, operation), &*data) {
        let question = Question { document, operation, variables };
        Scope::of(&[&operation.selection_set.node], &question).put(data, &question);
    }
}

struct Question<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
}

impl Question<'_> {
    /// False where `@skip` or `@include` leaves something out, nothing where a variable that is not known decides.
    fn keeps(&self, directives: &[Positioned<Directive>]) -> Option<bool> {
        let mut kept = Some(true);
        for directive in directives {
            let wanted = match directive.node.name.node.as_str() {
                "skip" => false,
                "include" => true,
                _ => continue,
            };
            let given = directive.node.get_argument("if").and_then(|given| {
                given.node.clone().into_const_with(|name| self.variable(&name).ok_or(())).ok()
            });
            match given {
                Some(Value::Boolean(given)) if given != wanted => return Some(false),
                Some(Value::Boolean(_)) => {}
                _ => kept = None,
            }
        }
        kept
    }

    fn variable(&self, name: &Name) -> Option<Value> {
        let default = || {
            let mut declared = self.operation.variable_definitions.iter().map(|declared| &declared.node);
            let declared = declared.find(|declared| declared.name.node == *name)?;
            declared.default_value.as_ref().map(|default| &default.node)
        };
        self.variables.get(name).or_else(default).cloned()
    }
}

/// The types that an object must be of all at once; of none where nothing is said.
#[derive(Default)]
struct Condition<'a> {
    types: Vec<&'a Name>,
    /// What an object has for which it holds.
    needs: Vec<&'a Name>,
}

/// Asked for in one place, under one of the conditions.
struct Field<'a> {
    name: &'a Name,
    condition: usize,
    below: &'a SelectionSet,
}

const ALWAYS: usize = 0;

/// What is asked for of the objects at one place.
struct Scope<'a> {
    conditions: Vec<Condition<'a>>,
    fields: Vec<Field<'a>>,
    spread: HashSet<(usize, &'a Name)>,
    /// By the conditions that hold.
    plans: Vec<(Vec<bool>, Plan<'a>)>,
}

struct Plan<'a> {
    /// Names in their order, with what is below where that is known.
    fields: IndexMap<&'a Name, Option<Scope<'a>>>,
    is_known: bool,
}

impl<'a> Scope<'a> {
    fn of(sets: &[&'a SelectionSet], question: &Question<'a>) -> Self {
        let conditions = vec![Condition::default()];
        let mut scope = Self { conditions, fields: Vec::new(), spread: HashSet::new(), plans: Vec::new() };
        for set in sets {
            scope.collect(set, ALWAYS, true, question);
        }
        scope
    }

    fn collect(&mut self, set: &'a SelectionSet, condition: usize, surely: bool, question: &Question<'a>) {
        for selection in &set.items {
            let kept = question.keeps(selection.node.directives());
            if kept == Some(false) {
                continue;
            }
            let surely = surely && kept.is_some();
            match &selection.node {
                Selection::Field(field) => {
                    let name = &field.node.response_key().node;
                    if surely {
                        self.conditions[condition].needs.push(name);
                    }
                    self.fields.push(Field { name, condition, below: &field.node.selection_set.node });
                }
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map(|on| &on.node.on.node);
                    let condition = on.map_or(condition, |on| self.condition(condition, on));
                    self.collect(&inline.node.selection_set.node, condition, surely, question);
                }
                Selection::FragmentSpread(named) => {
                    let name = &named.node.fragment_name.node;
                    let Some(fragment) = question.document.fragments.get(name) else { continue };
                    let condition = self.condition(condition, &fragment.node.type_condition.node.on.node);
                    if self.spread.insert((condition, name)) {
                        self.collect(&fragment.node.selection_set.node, condition, surely, question);
                    }
                }
            }
        }
    }

    /// That one, and of that type.
    fn condition(&mut self, within: usize, on: &'a Name) -> usize {
        let mut types = self.conditions[within].types.clone();
        let Err(place) = types.binary_search(&on) else { return within };
        types.insert(place, on);
        let known = self.conditions.iter().position(|condition| condition.types == types);
        known.unwrap_or_else(|| {
            self.conditions.push(Condition { types, needs: Vec::new() });
            self.conditions.len() - 1
        })
    }

    fn put(&mut self, value: &mut Value, question: &Question<'a>) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.put(item, question)),
            Value::Object(fields) => self.plan(fields, question).put(fields, question),
            _ => {}
        }
    }

    fn plan(&mut self, fields: &IndexMap<Name, Value>, question: &Question<'a>) -> &mut Plan<'a> {
        let has = |name: &&Name| fields.contains_key(*name);
        let holds =
            |(place, condition): (usize, &Condition<'_>)| place == ALWAYS || condition.needs.iter().all(has);
        let holding: Vec<_> = self.conditions.iter().enumerate().map(holds).collect();
        let known = self.plans.iter().position(|(those, _)| *those == holding);
        let place = known.unwrap_or_else(|| {
            let plan = Plan::of(&self.fields, &holding, question);
            self.plans.push((holding, plan));
            self.plans.len() - 1
        });
        &mut self.plans[place].1
    }
}

/// What is asked for in several places is answered where it is asked for first, with all that is below.
#[derive(Default)]
struct Gathered<'a> {
    first: usize,
    conditions: HashSet<usize>,
    below: Vec<&'a SelectionSet>,
}

impl<'a> Plan<'a> {
    fn of(fields: &[Field<'a>], holding: &[bool], question: &Question<'a>) -> Self {
        // Whoever asks for nothing below means a value of its own, which another condition may have mistaken for an object.
        let values: HashSet<_> =
            fields.iter().filter(|field| field.below.items.is_empty()).map(|field| field.name).collect();
        let mut names: IndexMap<&Name, Gathered<'_>> = IndexMap::new();
        for field in fields.iter().filter(|field| holding[field.condition]) {
            let first = || Gathered { first: field.condition, ..Gathered::default() };
            let gathered = names.entry(field.name).or_insert_with(first);
            gathered.below.push(field.below);
            if field.condition != ALWAYS {
                gathered.conditions.insert(field.condition);
            }
        }
        let is_open = |gathered: &Gathered<'_>| gathered.conditions.len() > 1;
        let is_known = !names.values().any(|one| is_open(one) && one.first != ALWAYS);
        let below = |(name, one): (&'a Name, Gathered<'a>)| {
            let is_one = !values.contains(name) && !is_open(&one);
            (name, is_one.then(|| Scope::of(&one.below, question)))
        };
        Self { fields: names.into_iter().map(below).collect(), is_known }
    }

    fn put(&mut self, fields: &mut IndexMap<Name, Value>, question: &Question<'a>) {
        // What nobody asked for stays behind the others.
        let place = |name: &Name| self.fields.get_index_of(name).unwrap_or(usize::MAX);
        if self.is_known && !fields.keys().map(place).is_sorted() {
            fields.sort_by_cached_key(|name, _| place(name));
        }
        for (name, below) in &mut self.fields {
            if let (Some(below), Some(value)) = (below, fields.get_mut(*name)) {
                below.put(value, question);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn put_with(document: &str, operation: Option<&str>, variables: &str, data: &str) -> String {
        let mut data: Value = serde_json::from_str(data).unwrap();
        let variables = serde_json::from_str(variables).unwrap();
        as_asked(&mut data, &parse_query(document).unwrap(), operation, &variables);
        serde_json::to_string(&data).unwrap()
    }

    fn put(document: &str, operation: Option<&str>, data: &str) -> String {
        put_with(document, operation, "{}", data)
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
                     fragment F on Q { k m { q } gone @include(if: $unknown) never @skip(if: true) }";
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

    #[test]
    fn a_value_of_its_own_is_not_mistaken_for_what_another_type_has_under_that_name() {
        let asked = "{ node { ... on Page { x: blocks y } ... on Lead { x: value { b a } z } } }";
        let page = r#"{"node":{"y":1,"x":[{"type":"text","a":1,"b":2}]}}"#;
        assert_eq!(put(asked, None, page), r#"{"node":{"x":[{"type":"text","a":1,"b":2}],"y":1}}"#);
        // Not even where nothing tells the types apart.
        let either = "{ node { ... on Lead { x: value { b a } } ... on Page { x: blocks } } }";
        let page = r#"{"node":{"x":[{"a":1,"b":2},{"c":3}]}}"#;
        assert_eq!(put(either, None, page), page);
    }

    #[test]
    fn types_are_told_apart_by_what_an_object_has() {
        let asked =
            "{ nodes { id ... on Page { site { b a } x path } ... on Lead { name x site { a b } } } }";
        let page = r#"{"path":1,"x":2,"site":{"a":3,"b":4},"id":5}"#;
        let lead = r#"{"site":{"b":1,"a":2},"x":3,"id":4,"name":5}"#;
        let told = concat!(
            r#"{"nodes":[{"id":5,"site":{"b":4,"a":3},"x":2,"path":1},"#,
            r#"{"id":4,"name":5,"x":3,"site":{"a":2,"b":1}}]}"#
        );
        assert_eq!(put(asked, None, &format!(r#"{{"nodes":[{page},{lead}]}}"#)), told);
    }

    #[test]
    fn what_types_disagree_about_stays_as_it_came_and_the_rest_is_put_in_order() {
        let asked = "{ b: n { k { q p } ... on Page { x { b a } } ... on Lead { x { a b } } } a }";
        let came = r#"{"a":1,"b":{"x":{"a":1,"b":2},"k":{"p":1,"q":2}}}"#;
        assert_eq!(put(asked, None, came), r#"{"b":{"x":{"a":1,"b":2},"k":{"q":2,"p":1}},"a":1}"#);
        let asked = "{ b: n { ... on Page { y x } ... on Lead { x y } } a }";
        for n in [r#"{"y":1,"x":2}"#, r#"{"x":1,"y":2}"#] {
            let told = put(asked, None, &format!(r#"{{"a":1,"b":{n}}}"#));
            assert_eq!(told, format!(r#"{{"b":{n},"a":1}}"#));
        }
    }

    #[test]
    fn a_fragment_and_its_place_ask_for_one_thing_together() {
        let asked = "{ lead { ...Card id owner { name id } } } fragment Card on Lead { owner { id } state }";
        let came = r#"{"lead":{"id":1,"state":2,"owner":{"name":3,"id":4}}}"#;
        assert_eq!(put(asked, None, came), r#"{"lead":{"owner":{"id":4,"name":3},"state":2,"id":1}}"#);
    }

    #[test]
    fn what_is_left_out_in_one_place_has_its_place_where_it_is_asked_for() {
        let (came, told) = (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#);
        let with = |asked: &str, variables: &str, came: &str| put_with(asked, None, variables, came);
        for asked in [
            "{ a @include(if: false) b a }",
            "{ ... @skip(if: true) { a } b a }",
            "{ ...F @skip(if: true) b a } fragment F on Query { a }",
            "query($no: Boolean = false) { a @include(if: $no) b a }",
        ] {
            assert_eq!(with(asked, "{}", came), told, "{asked}");
        }
        let asked = "query($on: Boolean! = false) { a @include(if: $on) b a }";
        assert_eq!(with(asked, r#"{"on":false}"#, came), told);
        assert_eq!(with(asked, r#"{"on":true}"#, told), came);
        let asked = "query($on: Boolean!) { b @skip(if: $on) a b }";
        assert_eq!(with(asked, r#"{"on":true}"#, told), came);
        assert_eq!(with(asked, r#"{"on":false}"#, came), told);
    }

    #[test]
    fn what_nobody_asked_for_is_kept_behind_the_others() {
        let came = r#"{"z":{"l":1,"k":2},"y":1,"a":3,"b":4}"#;
        assert_eq!(put("{ b a }", None, came), r#"{"b":4,"a":3,"z":{"l":1,"k":2},"y":1}"#);
        assert_eq!(put("{ b a }", Some("other"), came), came);
    }
}
