//! How whoever holds the keys reaches the personal fields of an event or a state without knowing which it is.

use std::fmt::Display;
use std::str::FromStr;

use crate::kernel::{Change, Coded, Personal, Sealed};

/// One personal field, whatever its type.
pub trait PersonalField {
    /// The text to seal, where it is open.
    fn open_text(&self) -> Option<String>;

    /// What to unseal, where it is sealed.
    fn sealed(&self) -> Option<&Sealed>;

    fn seal(&mut self, sealed: Sealed);

    /// Puts back what was sealed. False when the text is none for this field, which leaves it as it was.
    fn unseal(&mut self, text: &str) -> bool;

    fn forget(&mut self);
}

impl<T: Display + FromStr<Err: Coded>> PersonalField for Personal<T> {
    fn open_text(&self) -> Option<String> {
        self.open().map(ToString::to_string)
    }

    fn sealed(&self) -> Option<&Sealed> {
        Personal::sealed(self)
    }

    fn seal(&mut self, sealed: Sealed) {
        *self = Self::Sealed(sealed);
    }

    fn unseal(&mut self, text: &str) -> bool {
        text.parse().map(|value| *self = Self::Open(value)).is_ok()
    }

    fn forget(&mut self) {
        *self = Self::Forgotten;
    }
}

/// Whatever may have personal fields: the payload of an event, the state of a stream.
pub trait HoldsPersonal {
    /// Calls `visit` with each field and its JSON pointer in the written form. Whoever seals binds the pointer into
    /// the ciphertext, so that a sealed value can't be moved to another field.
    fn visit_personal(&mut self, visit: &mut dyn FnMut(&str, &mut dyn PersonalField));
}

/// A field that may hold something personal, now or never.
pub trait MaybePersonal {
    fn field(&mut self) -> Option<&mut dyn PersonalField>;
}

impl<T: Display + FromStr<Err: Coded>> MaybePersonal for Personal<T> {
    fn field(&mut self) -> Option<&mut dyn PersonalField> {
        Some(self)
    }
}

impl<T: MaybePersonal> MaybePersonal for Option<T> {
    fn field(&mut self) -> Option<&mut dyn PersonalField> {
        self.as_mut()?.field()
    }
}

impl<T: MaybePersonal> MaybePersonal for Change<T> {
    fn field(&mut self) -> Option<&mut dyn PersonalField> {
        match self {
            Self::Set(value) => value.field(),
            Self::Keep | Self::Clear => None,
        }
    }
}

/// Says of a struct which of its fields are personal. A test holds it against the marks in the struct's schema.
macro_rules! personal_fields {
    ($($type:ty { $($field:ident),+ $(,)? })+) => {$(
        impl $crate::aggregate::HoldsPersonal for $type {
            fn visit_personal(&mut self, visit: &mut dyn FnMut(&str, &mut dyn $crate::aggregate::PersonalField)) {
                $(if let Some(field) = $crate::aggregate::MaybePersonal::field(&mut self.$field) {
                    visit(concat!("/", stringify!($field)), field);
                })+
            }
        }
    )+};
}
pub(crate) use personal_fields;

/// Says of types that they hold no personal data.
macro_rules! no_personal {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::aggregate::HoldsPersonal for $type {
            fn visit_personal(&mut self, _: &mut dyn FnMut(&str, &mut dyn $crate::aggregate::PersonalField)) {}
        }
    )+};
}
pub(crate) use no_personal;
