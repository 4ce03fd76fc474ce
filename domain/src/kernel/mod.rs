//! What all aggregates are made of: ids, money, text, time, personal data, and who may do what.
//!
//! Every value type can hold valid values only: it is made by parsing, from the wire as from anywhere
//! else, and with the feature `schema` its JSON Schema states the bounds that the parser keeps. Nothing
//! here knows an aggregate, reads a clock, draws a random number or does I/O.

mod actor;
mod area;
mod caller;
mod change;
mod chars;
mod currency;
mod email;
pub(crate) mod format;
mod grant;
mod id;
mod language;
mod money;
mod path;
mod permission;
mod personal;
mod personal_input;
mod phone;
mod principal;
mod quantity;
mod rate;
mod role;
mod rounding;
mod scope;
mod sealed;
mod slug;
mod text;
mod time;
mod url;
pub(crate) mod wire;

#[cfg(test)]
mod schema_tests;

pub use actor::Actor;
pub use area::Area;
pub use caller::{Caller, Service, ValidUntil};
pub use change::Change;
pub use currency::{Currency, UnknownCurrency};
pub use email::Email;
pub use format::FormatError;
pub use grant::{Grant, Grants};
pub use id::{
    BriefId, CorrelationId, EventId, InvoiceId, LeadId, OrgId, PageId, ProposalId, PulseItemId, SiteId,
    StreamId, SubjectId, UserId,
};
pub use language::Language;
pub use money::{Money, MoneyError};
pub use path::PagePath;
pub use permission::Permission;
pub use personal::Personal;
pub use personal_input::PersonalInput;
pub use phone::Phone;
pub use principal::{Denied, Principal};
pub use quantity::{Quantity, QuantityError};
pub use rate::{TaxRate, TaxRateError};
pub use role::Role;
pub use rounding::{half_even, line_amount, tax_amount};
pub use scope::{Level, Scope};
pub use sealed::Sealed;
pub use slug::Slug;
pub use text::{Note, Text, TextError};
pub use time::{Clock, Date, TimeError, TimeZone, Timestamp};
pub use url::Url;
pub use wire::{Coded, split_code};
