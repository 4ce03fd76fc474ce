//! Reading a file of lines that nobody vouches for: one without line ends must not fill the memory.

use std::io::{self, BufRead, Read as _};

use thiserror::Error;

#[derive(Debug, Error)]
pub enum LineError {
    #[error("it can't be read")]
    Read(#[from] io::Error),
    #[error("it is longer than any line that the ledger writes")]
    TooLong,
    #[error("it is no UTF-8")]
    NotText,
    #[error("the file was cut off here")]
    CutOff,
}

pub(super) struct Lines<R> {
    source: R,
    max: usize,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// `max` is in bytes.
    pub(super) fn new(source: R, max: usize) -> Self {
        Self { source, max, number: 0 }
    }

    /// Of the line that was read last, or should have been: from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Without its end; None after the last.
    pub(super) fn next(&mut self) -> Result<Option<String>, LineError> {
        self.number += 1;
        let mut line = Vec::new();
        let read = self.source.by_ref().take(self.max as u64 + 1).read_until(b'\n', &mut line);
        match read {
            // What zstd says of a frame that doesn't end.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(LineError::CutOff),
            other => other?,
        };
        match line.pop() {
            None => Ok(None),
            Some(b'\n') => String::from_utf8(line).map(Some).map_err(|_| LineError::NotText),
            Some(_) if line.len() == self.max => Err(LineError::TooLong),
            Some(_) => Err(LineError::CutOff),
        }
    }
}
