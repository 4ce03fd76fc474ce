//! Claims: streams that keep something unique or gapless within an org.
//!
//! Nobody commands them. A decision that wants a slug, a path or a number reads the claim's stream and appends to it
//! together with its own events; of two that race, the second finds the stream moved on and decides again. Each is one
//! file: state, events and fold.

mod invoice_number;
mod page_path;
mod slug;

pub use invoice_number::{InvoiceNumberEvent, InvoiceNumbers, NumberTaken};
pub use page_path::{PagePaths, PagePathsEvent, PathClaimed, PathReleased};
pub use slug::{SlugClaim, SlugClaimEvent, SlugClaimed, SlugReleased};
