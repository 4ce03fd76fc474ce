//! Read models made anew beside those that are read.

mod compared;
mod databases;
mod discarded;
mod entangled;
mod full;
mod interrupted;
mod killed;
mod ordered;
mod parts;
mod shown;
mod support;
mod versions;
