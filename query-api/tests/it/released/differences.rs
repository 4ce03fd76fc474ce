//! What in a new schema breaks the queries that an old one allowed.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};

pub(super) fn breaking(old: &str, new: &str) -> BTreeSet<String> {
    let (old, new) = (types(old), types(new));
    let mut broken = BTreeSet::new();
    for (name, was) in &old {
        match new.get(name) {
            Some(is) => of_type(name, &was.kind, &is.kind, &mut broken),
            None => drop(broken.insert(format!("{name} is gone"))),
        }
    }
    broken
}

fn types(sdl: &str) -> BTreeMap<String, TypeDefinition> {
    let document = parse_schema(sdl).unwrap();
    let of = |definition| match definition {
        TypeSystemDefinition::Type(definition) => {
            Some((definition.node.name.node.to_string(), definition.node))
        }
        _ => None,
    };
    document.definitions.into_iter().filter_map(of).collect()
}

fn of_type(name: &str, was: &TypeKind, is: &TypeKind, broken: &mut BTreeSet<String>) {
    match (was, is) {
        (TypeKind::Scalar, TypeKind::Scalar) => {}
        (TypeKind::Object(was), TypeKind::Object(is)) => {
            fields(name, &was.fields, &is.fields, broken);
            for interface in &was.implements {
                if !is.implements.iter().any(|one| one.node == interface.node) {
                    broken.insert(format!("{name} is no {} any more", interface.node));
                }
            }
        }
        (TypeKind::Interface(was), TypeKind::Interface(is)) => fields(name, &was.fields, &is.fields, broken),
        (TypeKind::Enum(was), TypeKind::Enum(is)) => {
            for value in &was.values {
                if !is.values.iter().any(|one| one.node.value.node == value.node.value.node) {
                    broken.insert(format!("{name}.{} is gone", value.node.value.node));
                }
            }
        }
        (TypeKind::InputObject(was), TypeKind::InputObject(is)) => {
            inputs(name, &was.fields, &is.fields, broken);
        }
        _ => drop(broken.insert(format!("{name} is something else"))),
    }
}

type Fields = [Positioned<FieldDefinition>];
type Inputs = [Positioned<InputValueDefinition>];

fn fields(of: &str, was: &Fields, is: &Fields, broken: &mut BTreeSet<String>) {
    for field in was {
        let name = format!("{of}.{}", field.node.name.node);
        let Some(now) = is.iter().find(|one| one.node.name.node == field.node.name.node) else {
            broken.insert(format!("{name} is gone"));
            continue;
        };
        if !still_gives(&field.node.ty.node, &now.node.ty.node) {
            broken.insert(format!("{name} was {} and is {}", field.node.ty.node, now.node.ty.node));
        }
        inputs(&name, &field.node.arguments, &now.node.arguments, broken);
    }
}

fn inputs(of: &str, was: &Inputs, is: &Inputs, broken: &mut BTreeSet<String>) {
    for input in was {
        let name = format!("{of}({})", input.node.name.node);
        match is.iter().find(|one| one.node.name.node == input.node.name.node) {
            None => drop(broken.insert(format!("{name} is gone"))),
            Some(now) if !still_gives(&now.node.ty.node, &input.node.ty.node) => {
                broken.insert(format!("{name} was {} and is {}", input.node.ty.node, now.node.ty.node));
            }
            Some(_) => {}
        }
    }
    for input in is {
        let known = was.iter().any(|one| one.node.name.node == input.node.name.node);
        let needed = !input.node.ty.node.nullable && input.node.default_value.is_none();
        if needed && !known {
            broken.insert(format!("{of}({}) is needed now", input.node.name.node));
        }
    }
}

/// Whether whoever counts on the one can do with the other: only what was null may be so no more.
fn still_gives(was: &Type, is: &Type) -> bool {
    use async_graphql::parser::types::BaseType;
    let inside = match (&was.base, &is.base) {
        (BaseType::Named(was), BaseType::Named(is)) => was == is,
        (BaseType::List(was), BaseType::List(is)) => still_gives(was, is),
        _ => false,
    };
    inside && (was.nullable || !is.nullable)
}
