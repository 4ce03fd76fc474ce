//! The layers over routes made up for it: one request at a time through the app, and whole connections.

mod connections;
mod layers;
mod routes;
