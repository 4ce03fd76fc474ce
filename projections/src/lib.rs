//! Read models: one folder each, with its row, its pure fold, its table and its queries; and the Pulse rules.
//!
//! Not here: how events reach a fold (`workers`) and how its rows reach a client (`query-api`).
