//! `xentri up` with a Kafka beside it: whose topics are whose, what is told of them, and a Kafka that comes late, loses its
//! disk or goes.

mod away;
mod make_up;
mod scripts;
mod support;
mod topics;
