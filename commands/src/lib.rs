//! Writes: from a command at the door to events in the ledger.
//!
//! Here live dispatch (authorise, load, decide, append), the lanes that keep commands on one stream from
//! racing each other, and the REST door. Not here: business rules (`domain`), storage (`ledger`), tokens and
//! rate limits (`xentri`).
