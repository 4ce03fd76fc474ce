//! One field of a partial update: left alone, cleared, or set.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Absent on the wire: keep. `null`: clear. A value: set. As a field it needs
/// `#[serde(default, skip_serializing_if = "Change::is_keep")]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Change<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T> Change<T> {
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(change(value)),
        }
    }

    /// What is left of it once what already is so is taken out.
    #[must_use]
    pub fn against(self, current: Option<&T>) -> Self
    where
        T: PartialEq,
    {
        match self {
            Self::Clear if current.is_none() => Self::Keep,
            Self::Set(value) if current == Some(&value) => Self::Keep,
            other => other,
        }
    }
}

impl<T: Clone> Change<T> {
    pub fn apply_to(&self, current: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *current = None,
            Self::Set(value) => *current = Some(value.clone()),
        }
    }
}

impl<T: Serialize> Serialize for Change<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Clear => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator};

    use super::Change;

    impl<T: JsonSchema> JsonSchema for Change<T> {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            format!("Change{}", T::schema_name()).into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            Option::<T>::json_schema(generator)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Form {
        #[serde(default, skip_serializing_if = "Change::is_keep")]
        field: Change<u8>,
    }

    #[test]
    fn absent_null_and_a_value_are_three_things() {
        for (wire, field) in [
            (json!({}), Change::Keep),
            (json!({ "field": null }), Change::Clear),
            (json!({ "field": 7 }), Change::Set(7)),
        ] {
            let form = Form { field };
            assert_eq!(serde_json::to_value(&form).unwrap(), wire);
            assert_eq!(serde_json::from_value::<Form>(wire).unwrap(), form);
        }
    }

    #[test]
    fn what_is_already_so_is_no_change() {
        assert_eq!(Change::Set(1).against(Some(&1)), Change::Keep);
        assert_eq!(Change::<u8>::Clear.against(None), Change::Keep);
        assert_eq!(Change::Set(1).against(Some(&2)), Change::Set(1));
        assert_eq!(Change::Clear.against(Some(&2)), Change::Clear);
        let mut value = Some(1);
        Change::Set(2).apply_to(&mut value);
        assert_eq!(value, Some(2));
        Change::Clear.apply_to(&mut value);
        assert_eq!(value, None);
    }
}
