//! What the system has to do while it is tortured, and what it has said of it.
//!
//! Clients go through the lives of leads, invoices, pages and briefs over HTTP. Each sends a command, always with the
//! same key, until it is acknowledged, and nobody else works on what is its own: so a refusal is a fault.

mod book;
mod client;
mod lives;
mod org;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

pub(crate) use book::{Acknowledged, Done};

use self::book::Book;
use self::client::Client;
use self::org::Org;
use crate::system::System;

/// For the commands that are under way when the load ends: longer than any outage.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) struct Load {
    clients: JoinSet<()>,
    book: Arc<Book>,
    stop: watch::Sender<bool>,
}

impl Load {
    pub(crate) fn begin(system: &System, orgs: usize, clients: usize, seed: u64) -> Self {
        let service = system.service_token();
        let orgs: Arc<[Org]> = (0..orgs).map(|number| Org::new(number, system)).collect();
        let book = Arc::<Book>::default();
        let stop = watch::Sender::new(false);
        let mut running = JoinSet::new();
        for number in 0..clients {
            let client = Client::new(number, system.doors.clone(), service.clone(), book.clone(), seed);
            running.spawn(lives::live(client, orgs.clone(), stop.subscribe()));
        }
        Self { clients: running, book, stop }
    }

    /// So far.
    pub(crate) fn acknowledged(&self) -> usize {
        self.book.acknowledged()
    }

    /// Lets every client finish the command that it has begun.
    pub(crate) async fn end(self) -> Acknowledged {
        self.stop.send_replace(true);
        timeout(PATIENCE, self.clients.join_all()).await.expect("every command is acknowledged in time");
        self.book.close()
    }
}
