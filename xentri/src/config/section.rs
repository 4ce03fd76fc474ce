//! A section of settings, each with its words and its default in one place.

/// A setting as the generated file and the variables see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) words: &'static [&'static str],
}

/// Makes the struct, its `Default` and the list of its settings. A key that is none of them is refused by name.
macro_rules! section {
    ($(#[doc = $about:literal])+ $name:ident { $($(#[doc = $words:literal])+ $field:ident: $type:ty = $default:expr,)+ }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, serde::Deserialize, serde::Serialize)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct $name {
            $($(#[doc = $words])+ pub(crate) $field: $type,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $name {
                    pub(crate) const ABOUT: &'static [&'static str] = &[$($about,)+];
            pub(crate) const SETTINGS: &'static [$crate::config::section::Setting] = &[$(
                $crate::config::section::Setting { name: stringify!($field), words: &[$($words,)+] },
            )+];
        }
    };
}

pub(crate) use section;
