//! Writing the canonical body: the exact bytes that are hashed, stored and sent.
//!
//! Compact JSON in the order of [`Frame`]'s fields; what is not there is left out; `null` in a payload
//! says that something was cleared. Text is
//! escaped as little as JSON allows: `\"`, `\\`, `\b`, `\t`, `\n`, `\f`, `\r`, other characters below U+0020 as
//! `\u00xx` in lower case, everything else as it is in UTF-8. Numbers are integers below 2^53, so that every
//! program reads them exactly.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use thiserror::Error;

use super::{Envelope, Frame};

/// In bytes: an envelope has 256 KiB at the most, and the ledger's suffix needs its room.
pub const BODY_MAX: usize = 256 * 1024 - 256;

/// To both sides of zero: 2^53 - 1.
pub const LARGEST_INTEGER: i64 = (1 << 53) - 1;

#[derive(Debug, Error)]
pub enum BodyError {
    #[error("the body has {bytes} bytes, {BODY_MAX} are the most")]
    TooLarge { bytes: usize },
    #[error("{type_name} can't be written in canonical form")]
    NotCanonical {
        type_name: &'static str,
        #[source]
        error: serde_json::Error,
    },
}

impl Envelope {
    /// Writes what it is given: whoever stores the body has sealed the personal fields before.
    pub fn write_body(&self) -> Result<String, BodyError> {
        let body = write_canonical(&Frame::from(self))
            .map_err(|error| BodyError::NotCanonical { type_name: self.payload.kind().type_name, error })?;
        if body.len() > BODY_MAX {
            return Err(BodyError::TooLarge { bytes: body.len() });
        }
        Ok(body)
    }
}

pub(super) fn write_canonical(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::with_capacity(1024);
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Canonical))?;
    String::from_utf8(bytes).map_err(serde::ser::Error::custom)
}

/// Compact, and refuses numbers that another program would read as something else.
struct Canonical;

fn integer<W: io::Write + ?Sized>(writer: &mut W, value: i128) -> io::Result<()> {
    if value.unsigned_abs() > u128::from(LARGEST_INTEGER.unsigned_abs()) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "an integer of 2^53 or above"));
    }
    write!(writer, "{value}")
}

impl Formatter for Canonical {
    fn write_i64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: i64) -> io::Result<()> {
        integer(writer, value.into())
    }

    fn write_u64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: u64) -> io::Result<()> {
        integer(writer, value.into())
    }

    fn write_i128<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: i128) -> io::Result<()> {
        integer(writer, value)
    }

    fn write_u128<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: u128) -> io::Result<()> {
        integer(writer, i128::try_from(value).unwrap_or(i128::MAX))
    }

    fn write_f32<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        self.write_f64(writer, value.into())
    }

    fn write_f64<W: io::Write + ?Sized>(&mut self, _: &mut W, _: f64) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::InvalidData, "a fraction"))
    }
}
