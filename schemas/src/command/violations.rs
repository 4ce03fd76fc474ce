//! Everything that the JSON Schema of a command finds wrong with a body.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;
use xentri_domain::aggregate::CommandKind;
use xentri_domain::registry::command_kinds;

use super::FieldError;
use super::strict::escaped;
use crate::FieldCode;
use crate::files::{command_name, command_schema};

/// Compiled when first needed: a well-behaved client never needs one.
static VALIDATORS: LazyLock<BTreeMap<String, OnceLock<Option<Validator>>>> =
    LazyLock::new(|| command_kinds().map(|kind| (command_name(kind), OnceLock::new())).collect());

/// At most one for each place.
pub(super) fn all(kind: &CommandKind, body: &Value) -> Vec<FieldError> {
    validator(&command_name(kind)).map(|validator| found_by(validator, body)).unwrap_or_default()
}

pub(super) fn found_by(validator: &Validator, body: &Value) -> Vec<FieldError> {
    let mut errors: Vec<FieldError> = Vec::new();
    for violation in validator.iter_errors(body) {
        collect(&violation, &mut errors);
    }
    let mut seen = std::collections::BTreeSet::new();
    errors.retain(|error| seen.insert(error.pointer.clone()));
    errors
}

fn validator(name: &str) -> Option<&'static Validator> {
    let compile = || {
        let schema: Value = serde_json::from_str(command_schema(name)?).ok()?;
        jsonschema::validator_for(&schema).ok()
    };
    VALIDATORS.get(name)?.get_or_init(compile).as_ref()
}

fn collect(violation: &ValidationError<'_>, errors: &mut Vec<FieldError>) {
    let at = violation.instance_path().as_str();
    let mut say = |code: &'static FieldCode, detail: String| errors.push(FieldError::new(at, code, detail));
    match violation.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => choose(violation, context, errors),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            errors.extend(unexpected.iter().map(|name| unknown_field(at, name)));
        }
        // Of an object that may have no field at all.
        Kind::FalseSchema => {
            let fields = violation.instance().as_object().into_iter().flatten();
            errors.extend(fields.map(|(name, _)| unknown_field(at, name)));
        }
        Kind::Required { property } => {
            let pointer = format!("{at}/{}", escaped(property.as_str().unwrap_or_default()));
            errors.push(FieldError::new(pointer, FieldCode::MISSING, "this field is required"));
        }
        Kind::Type { kind } => say(FieldCode::WRONG_TYPE, format!("expected {}", type_words(kind))),
        Kind::MinLength { limit: 1 } => say(FieldCode::EMPTY, "no character".into()),
        Kind::MinLength { limit } => say(FieldCode::TOO_SHORT, format!("shorter than {limit} characters")),
        Kind::MaxLength { limit } => say(FieldCode::TOO_LONG, format!("longer than {limit} characters")),
        Kind::MinItems { limit } => say(FieldCode::TOO_FEW, format!("fewer than {limit} items")),
        Kind::MaxItems { limit } => say(FieldCode::TOO_MANY, format!("more than {limit} items")),
        Kind::UniqueItems => say(FieldCode::NOT_UNIQUE, "an item is there twice".into()),
        Kind::Minimum { limit } => say(FieldCode::OUT_OF_RANGE, format!("below {limit}")),
        Kind::Maximum { limit } => say(FieldCode::OUT_OF_RANGE, format!("above {limit}")),
        Kind::ExclusiveMinimum { limit } => say(FieldCode::OUT_OF_RANGE, format!("must be above {limit}")),
        Kind::ExclusiveMaximum { limit } => say(FieldCode::OUT_OF_RANGE, format!("must be below {limit}")),
        Kind::Enum { options } => {
            say(FieldCode::NOT_ONE_OF, one_of(options.as_array().into_iter().flatten()));
        }
        Kind::Constant { expected_value } => say(FieldCode::NOT_ONE_OF, one_of([&**expected_value])),
        Kind::Pattern { .. } | Kind::Format { .. } | Kind::Not { .. } => {
            say(FieldCode::BAD_FORMAT, "not in the form that is expected".into());
        }
        _ => say(FieldCode::INVALID, "not what is expected".into()),
    }
}

fn unknown_field(at: &str, name: &str) -> FieldError {
    FieldError::new(format!("{at}/{}", escaped(name)), FieldCode::UNKNOWN_FIELD, "there is no such field")
}

/// Where several forms are allowed, reports what is wrong with the one that was meant: the one that fails deepest.
fn choose(
    violation: &ValidationError<'_>,
    forms: &[Vec<ValidationError<'static>>],
    errors: &mut Vec<FieldError>,
) {
    let here = violation.instance_path().as_str();
    let is_here = |error: &ValidationError<'_>| error.instance_path().as_str() == here;
    let of_wrong_type =
        |form: &&Vec<_>| form.iter().any(|error| is_here(error) && matches!(error.kind(), Kind::Type { .. }));
    let is_word =
        |error: &ValidationError<'_>| matches!(error.kind(), Kind::Constant { .. } | Kind::Enum { .. });
    let meant: Vec<_> = forms.iter().filter(|form| !of_wrong_type(form)).collect();
    let words: Vec<&Value> =
        meant.iter().copied().flatten().filter(|error| is_here(error)).flat_map(words).collect();
    if meant.is_empty() {
        let types: Vec<_> = forms.iter().flatten().filter_map(type_of).collect();
        errors.push(FieldError::new(here, FieldCode::WRONG_TYPE, format!("expected {}", types.join(" or "))));
    } else if !words.is_empty() {
        errors.push(FieldError::new(here, FieldCode::NOT_ONE_OF, one_of(words)));
    } else if let [only] = meant.as_slice() {
        only.iter().for_each(|error| collect(error, errors));
    } else {
        // Forms with a tag: the meant one is that whose tag fits. Where none does, the tag is wrong.
        let tag_fits = |form: &&&Vec<ValidationError<'static>>| !form.iter().any(is_word);
        match meant.iter().find(tag_fits) {
            Some(form) => form.iter().for_each(|error| collect(error, errors)),
            None => wrong_tag(&meant, errors),
        }
    }
}

fn wrong_tag(forms: &[&Vec<ValidationError<'static>>], errors: &mut Vec<FieldError>) {
    let tags = || forms.iter().copied().flatten().filter(|error| !words(error).is_empty());
    if let Some(tag) = tags().next() {
        let words = tags().filter(|other| other.instance_path() == tag.instance_path()).flat_map(words);
        errors.push(FieldError::new(tag.instance_path().as_str(), FieldCode::NOT_ONE_OF, one_of(words)));
    }
}

fn words<'a>(error: &'a ValidationError<'_>) -> Vec<&'a Value> {
    match error.kind() {
        Kind::Constant { expected_value } => vec![&**expected_value],
        Kind::Enum { options } => options.as_array().into_iter().flatten().collect(),
        _ => Vec::new(),
    }
}

fn one_of<'a>(words: impl IntoIterator<Item = &'a Value>) -> String {
    let words: Vec<_> =
        words.into_iter().map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned)).collect();
    format!("expected {}", words.join(" or "))
}

fn type_of(error: &ValidationError<'_>) -> Option<String> {
    match error.kind() {
        Kind::Type { kind } => Some(type_words(kind)),
        _ => None,
    }
}

fn type_words(kind: &TypeKind) -> String {
    let word = |name: &str| match name {
        "string" => "text".to_owned(),
        "array" => "a list".to_owned(),
        "object" => "an object".to_owned(),
        "boolean" => "true or false".to_owned(),
        "integer" => "a whole number".to_owned(),
        "number" => "a number".to_owned(),
        other => other.to_owned(),
    };
    match kind {
        TypeKind::Single(one) => word(&one.to_string()),
        TypeKind::Multiple(several) => {
            several.iter().map(|one| word(&one.to_string())).collect::<Vec<_>>().join(" or ")
        }
    }
}
