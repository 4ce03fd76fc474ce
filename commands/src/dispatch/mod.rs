//! From a command to its answer.
//!
//! Authorise, then the lane: there it is decided, sealed and appended with whatever else waits. What its decision lacks is
//! read here, outside the lane; here a refusal is proved to rest on what is current, and a repeated command finds its
//! receipt. Authorisation comes before all of it.

mod answer;
mod dispatcher;
mod error;
mod orgs;
mod outcomes;
mod receipt;
mod rejection;
mod request;
mod state;
mod work;

pub use answer::{Answer, AnsweredEvent};
pub use dispatcher::{DispatchSettings, Dispatcher};
pub use error::{DispatchError, Refused};
pub use outcomes::{OutcomeCount, Outcomes};
pub(crate) use receipt::FirstAnswer;
pub use request::{CommandRequest, Idempotency, Provenance};
pub(crate) use state::{View, fold};
pub(crate) use work::{Done, Stage, Turn, Why, Work};
