//! An org that clients share.

use tokio::sync::{Mutex, OnceCell};
use uuid::Uuid;

use crate::system::System;

pub(super) struct Org {
    pub(super) id: Uuid,
    pub(super) number: usize,
    /// Of its owner.
    pub(super) token: String,
    pub(super) made: OnceCell<()>,
    pub(super) site: OnceCell<String>,
    /// How many steps its brief has gone.
    pub(super) brief: Mutex<usize>,
}

impl Org {
    /// Not made yet, but it can be named.
    pub(super) fn new(number: usize, system: &System) -> Self {
        let id = Uuid::now_v7();
        let token = system.token(&id.to_string());
        Self { id, number, token, made: OnceCell::new(), site: OnceCell::new(), brief: Mutex::default() }
    }
}
