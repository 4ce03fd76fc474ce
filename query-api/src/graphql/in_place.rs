//! Objects whose fields are answered where they stand, one after the other.
//!
//! The framework puts each field into a box of its own, as large as the largest field that the object could have been asked for.
//! A list asks for hundreds of fields, and nearly all of them only copy what a row has. Rows of a list still go side by side, so
//! what they refer to is fetched for all of them together.

use std::borrow::Cow;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::ContainerType;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};

/// To clients and in the schema it is what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::graphql) struct InPlace<T>(pub(in crate::graphql) T);

impl<T: ContainerType> OutputType for InPlace<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let mut fields = Vec::with_capacity(ctx.item.node.items.len());
        if !gather(&mut fields, &ctx.item.node, ctx, &T::type_name()) {
            return Box::pin(self.0.resolve(ctx, field)).await;
        }
        let mut answer = IndexMap::with_capacity(fields.len());
        for field in fields {
            let name = field.node.response_key().node.clone();
            if field.node.name.node == "__typename" {
                answer.insert(name, Value::String(self.0.introspection_type_name().into_owned()));
                continue;
            }
            match self.0.resolve_field(&ctx.with_field(field)).await {
                Ok(value) => drop(answer.insert(name, value.unwrap_or_default())),
                Err(error) => ctx.add_error(error),
            }
        }
        // As the framework has it, where no field could be answered.
        Ok(if answer.is_empty() { Value::Null } else { Value::Object(answer) })
    }
}

/// What is asked for of an object of that type. False where that is more than one field after the other: a name that is asked for
/// twice, a directive, a condition that it is of another type.
fn gather<'a>(
    fields: &mut Vec<&'a Positioned<Field>>,
    asked: &'a SelectionSet,
    ctx: &ContextSelectionSet<'a>,
    of: &str,
) -> bool {
    asked.items.iter().all(|selection| match &selection.node {
        Selection::Field(field) => {
            let name = &field.node.response_key().node;
            let is_new = fields.iter().all(|other| other.node.response_key().node != *name);
            fields.push(field);
            is_new && field.node.directives.is_empty()
        }
        Selection::FragmentSpread(spread) => {
            let fragment = ctx.query_env.fragments.get(&spread.node.fragment_name.node);
            spread.node.directives.is_empty()
                && fragment.is_some_and(|fragment| {
                    fragment.node.type_condition.node.on.node == of
                        && gather(fields, &fragment.node.selection_set.node, ctx, of)
                })
        }
        Selection::InlineFragment(inline) => {
            inline.node.directives.is_empty()
                && inline.node.type_condition.as_ref().is_none_or(|on| on.node.on.node == of)
                && gather(fields, &inline.node.selection_set.node, ctx, of)
        }
    })
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
    use serde_json::json;

    use super::*;

    /// What a row refers to.
    #[derive(Clone)]
    struct Part;

    #[Object]
    impl Part {
        async fn a(&self) -> i32 {
            1
        }
        async fn b(&self) -> Option<i32> {
            None
        }
    }

    struct Row(i32);

    #[Object]
    impl Row {
        async fn number(&self) -> i32 {
            self.0
        }
        async fn part(&self) -> Part {
            tokio::task::yield_now().await;
            Part
        }
        async fn placed(&self) -> Option<InPlace<Part>> {
            (self.0 > 1).then_some(InPlace(Part))
        }
        async fn times(&self, by: i32) -> Option<i32> {
            Some(self.0 * by)
        }
        async fn fails(&self) -> Result<i32, String> {
            tokio::task::yield_now().await;
            if self.0 == 2 { Err("two fails".to_owned()) } else { Ok(self.0) }
        }
        async fn gone(&self) -> Option<Result<i32, String>> {
            Some(Err("gone".to_owned()))
        }
    }

    struct Query;

    #[Object]
    impl Query {
        async fn rows(&self) -> Vec<Row> {
            (1..4).map(Row).collect()
        }
        async fn placed(&self) -> Vec<InPlace<Row>> {
            (1..4).map(|number| InPlace(Row(number))).collect()
        }
    }

    #[tokio::test]
    async fn what_is_answered_in_place_is_what_the_framework_answers() {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let fragments = "fragment F on Row { number again: number ...G } fragment G on Row { part { a } }";
        for asked in [
            "number",
            "__typename number t: __typename",
            "double: times(by: 2) number triple: times(by: $three)",
            "part { a b } placed { b a __typename }",
            "number part { a } number part { b }",
            "...F placed { a }",
            "number ...F",
            "... on Row { number } ... { times(by: 1) }",
            "number @include(if: $yes) times(by: 4) @skip(if: $yes)",
            "...F @skip(if: $yes) times(by: 5)",
            "number gone",
            "fails",
            "gone",
        ] {
            let of = |field: &str| {
                let used = if asked.contains("...F") { fragments } else { "" };
                let declared = [("$three", "Int! = 3"), ("$yes", "Boolean! = true")];
                let declared = declared.iter().filter(|(name, _)| asked.contains(name));
                let declared: Vec<_> = declared.map(|(name, kind)| format!("{name}: {kind}")).collect();
                let declared =
                    if declared.is_empty() { String::new() } else { format!("({})", declared.join(", ")) };
                format!("query{declared} {{ all: {field} {{ {asked} }} }} {used}")
            };
            let mut answers = Vec::new();
            for field in ["rows", "placed"] {
                let answer = schema.execute(of(field)).await;
                let mut errors: Vec<_> = answer
                    .errors
                    .iter()
                    .map(|error| json!([error.message, error.path]).to_string())
                    .collect();
                errors.sort();
                answers.push((serde_json::to_value(&answer.data).unwrap(), errors));
            }
            assert_eq!(answers[0], answers[1], "{asked}");
            assert!(answers[0].0 != json!(null) || asked.contains("fails"), "{asked}: {answers:?}");
        }
    }
}
