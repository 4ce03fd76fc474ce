//! Pure business rules: what a company may do with its strategy, sales, invoices and website.
//!
//! Here live the kernel (ids, money, personal data, who may do what) and one folder per aggregate, each
//! with its state, its commands, its events and the two functions that connect them: `decide` and `apply`.
//! Not here: clocks, I/O, async, SQL, JSON. Whatever has to be looked up comes in as a fact.

pub mod aggregate;
pub mod brief;
pub mod claims;
pub mod invoice;
pub mod kernel;
pub mod lead;
pub mod org;
pub mod page;
pub mod pulse;
pub mod registry;
pub mod site;
pub mod subject;
