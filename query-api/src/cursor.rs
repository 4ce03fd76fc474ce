//! Cursors: a place in a list, sealed with the org and the order that it is a place of. A client can't read one, make one, or
//! use one elsewhere.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xentri_domain::kernel::{Date, OrgId, Timestamp};
use xentri_ledger::DerivedKeys;
use xentri_projections::kit::{OrderValue, Place};
use xentri_projections::pulse::ItemPlace;

use crate::error::ReadError;

/// A list in an order, as in `leads by created_at descending`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listing<'a> {
    pub(crate) org: OrgId,
    pub(crate) list: &'a str,
    pub(crate) order: &'a str,
}

#[derive(Serialize, Deserialize)]
enum Inside {
    #[serde(rename = "m")]
    Moment(i64, Uuid),
    #[serde(rename = "d")]
    Day(String, Uuid),
    #[serde(rename = "t")]
    Text(String, Uuid),
    #[serde(rename = "p")]
    Pulse(i32, i64, Uuid),
}

/// So long are all but those of long texts: the length of one tells nothing.
const LENGTH: usize = 96;

impl Listing<'_> {
    /// Consistency tokens are sealed under the same key with the org alone beside them, so neither opens as the other.
    fn associated(&self) -> Vec<u8> {
        let Self { org, list, order } = self;
        [org.uuid().as_bytes(), format!("cursor {list} by {order}").as_bytes()].concat()
    }

    fn seal(&self, inside: &Inside, keys: &DerivedKeys) -> Result<String, ReadError> {
        let mut text = serde_json::to_vec(inside).map_err(|_| ReadError::Keys)?;
        // White space after JSON means nothing.
        text.resize(text.len().max(LENGTH), b' ');
        let sealed = keys.seal(&self.associated(), &text).map_err(|_| ReadError::Keys)?;
        Ok(BASE64URL_NOPAD.encode(&sealed))
    }

    fn open(&self, cursor: &str, keys: &DerivedKeys) -> Result<Inside, ReadError> {
        let sealed = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| ReadError::Cursor)?;
        let text = keys.open(&self.associated(), &sealed).map_err(|_| ReadError::Cursor)?;
        serde_json::from_slice(&text).map_err(|_| ReadError::Cursor)
    }

    pub(crate) fn cursor(&self, place: Place, keys: &DerivedKeys) -> Result<String, ReadError> {
        let id = place.id;
        let inside = match place.value {
            OrderValue::Moment(moment) => Inside::Moment(moment.as_micros(), id),
            OrderValue::Day(day) => Inside::Day(day.to_string(), id),
            OrderValue::Text(text) => Inside::Text(text, id),
        };
        self.seal(&inside, keys)
    }

    pub(crate) fn place(&self, cursor: &str, keys: &DerivedKeys) -> Result<Place, ReadError> {
        let (value, id) = match self.open(cursor, keys)? {
            Inside::Moment(micros, id) => (OrderValue::Moment(moment(micros)?), id),
            Inside::Day(day, id) => (OrderValue::Day(Date::parse(&day).map_err(|_| ReadError::Cursor)?), id),
            Inside::Text(text, id) => (OrderValue::Text(text), id),
            Inside::Pulse(..) => return Err(ReadError::Cursor),
        };
        Ok(Place { value, id })
    }

    pub(crate) fn item_cursor(&self, place: &ItemPlace, keys: &DerivedKeys) -> Result<String, ReadError> {
        let ItemPlace { importance, created_at, item_id } = *place;
        self.seal(&Inside::Pulse(importance, created_at.as_micros(), item_id), keys)
    }

    pub(crate) fn item_place(&self, cursor: &str, keys: &DerivedKeys) -> Result<ItemPlace, ReadError> {
        match self.open(cursor, keys)? {
            Inside::Pulse(importance, micros, item_id) => {
                Ok(ItemPlace { importance, created_at: moment(micros)?, item_id })
            }
            _ => Err(ReadError::Cursor),
        }
    }
}

fn moment(micros: i64) -> Result<Timestamp, ReadError> {
    Timestamp::from_micros(micros).map_err(|_| ReadError::Cursor)
}
