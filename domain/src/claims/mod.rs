//! Claims: streams that take no commands and make something unique or gapless within an org.
//!
//! A decision that takes something from a stock writes the taking onto the stock's stream, in the same append as its
//! own events; the stream's version lets one of two rivals through. Each is one file: state, event and fold.

pub mod invoice_number;
