//! Why a command to an invoice is refused.

use thiserror::Error;

use super::{MOST_LINES, Status};
use crate::aggregate::refusals;
use crate::kernel::{Currency, Date, Money, StreamId};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvoiceError {
    #[error("invoice {id} is not known")]
    NotFound { id: StreamId },
    #[error("invoice {id} exists already")]
    AlreadyExists { id: StreamId },
    #[error("invoice {id} is {status}, which does not allow {command}")]
    IllegalTransition { id: StreamId, status: Status, command: &'static str },
    #[error("the invoice names no currency, and the org has none")]
    NoCurrency,
    #[error("an invoice has at most {MOST_LINES} lines")]
    TooManyLines,
    #[error("the line comes to more than any amount can be")]
    LineTooLarge { line: usize },
    #[error("the lines come to more than any amount can be")]
    TotalTooLarge,
    #[error("invoice {id} has no lines to bill")]
    NoLines { id: StreamId },
    #[error("invoice {id} comes to {total}; only one above zero is issued")]
    NegativeTotal { id: StreamId, total: Money },
    #[error("invoice {id} would be due after the end of the calendar")]
    DueTooLate { id: StreamId },
    #[error("the numbers of {year} are all taken")]
    NoNumberLeft { year: i16 },
    #[error("the amount must be above zero")]
    NotPositive { pointer: &'static str },
    #[error("{given} given where the invoice is in {expected}")]
    CurrencyMismatch { expected: Currency, given: Currency },
    #[error("it is more than five minutes ahead of the server's clock")]
    InTheFuture { pointer: &'static str },
    #[error("invoice {id} has a payment with this reference already")]
    ReferenceTaken { id: StreamId },
    #[error("invoice {id} has {payments} payments, which is as many as it can have")]
    TooManyPayments { id: StreamId, payments: usize },
    #[error("invoice {id} has {outstanding} outstanding and can't be paid more")]
    Overpayment { id: StreamId, outstanding: Money },
    #[error("invoice {id} has {net_paid} left of its payments and can't give back more")]
    RefundTooLarge { id: StreamId, net_paid: Money },
    #[error("invoice {id} may be paid until {due_date}")]
    NotDue { id: StreamId, due_date: Date },
}

refusals! {
    InvoiceError;
    NotFound NotFound "not_found";
    AlreadyExists AlreadyExists "already_exists";
    IllegalTransition IllegalTransition "illegal_transition";
    NoCurrency Invalid "no_currency" at "/currency";
    TooManyLines Invalid "too_many_lines" at "/lines";
    LineTooLarge Invalid "out_of_range" with line at format!("/lines/{line}");
    TotalTooLarge Invalid "out_of_range" at "/lines";
    NoLines IllegalTransition "no_lines";
    NegativeTotal IllegalTransition "negative_total";
    DueTooLate IllegalTransition "due_too_late";
    NoNumberLeft IllegalTransition "no_number_left";
    NotPositive Invalid "not_positive" with pointer at *pointer;
    CurrencyMismatch Invalid "currency_mismatch" at "/amount/currency";
    InTheFuture Invalid "in_the_future" with pointer at *pointer;
    ReferenceTaken Taken "reference_taken" at "/reference";
    TooManyPayments IllegalTransition "too_many_payments";
    Overpayment Invalid "overpayment" at "/amount";
    RefundTooLarge Invalid "refund_too_large" at "/amount";
    NotDue IllegalTransition "not_due";
}
