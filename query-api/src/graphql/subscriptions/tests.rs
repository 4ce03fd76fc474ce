//! What needs no database.
