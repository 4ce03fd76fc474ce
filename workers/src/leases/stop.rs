//! Being told to stop.

use tokio::sync::watch;

/// Cheap to clone: all are told together.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// Whoever has it may tell; when it is gone, they are told too.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    pub fn new() -> (Self, Stop) {
        let (stopper, stop) = watch::channel(false);
        (Self(stopper), Stop(stop))
    }

    pub fn tell(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Returns when told.
    pub async fn told(&mut self) {
        let _told_or_gone = self.0.wait_for(|stop| *stop).await;
    }

    pub fn is_told(&self) -> bool {
        *self.0.borrow()
    }
}
