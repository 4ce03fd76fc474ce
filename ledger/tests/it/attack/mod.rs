//! Attacks on the append: callers, processes, connections and servers that fail at the worst moment.

mod answers;
mod checks;
mod child;
mod claims;
mod isolation;
mod keys;
mod neighbours;
mod order;
mod overload;
mod proxy;
mod restart;
mod restore;
mod stopped;
