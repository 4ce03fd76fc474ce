//! Why a command to an invoice is refused.

use std::borrow::Cow;

use thiserror::Error;

use super::{MOST_LINES, Status};
use crate::aggregate::{Refusal, RefusalKind};
use crate::kernel::{Coded, Currency, Date, Money, StreamId};

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

impl Coded for InvoiceError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::AlreadyExists { .. } => "already_exists",
            Self::IllegalTransition { .. } => "illegal_transition",
            Self::NoCurrency => "no_currency",
            Self::TooManyLines => "too_many_lines",
            Self::LineTooLarge { .. } | Self::TotalTooLarge | Self::DueTooLate { .. } => "out_of_range",
            Self::NoLines { .. } => "no_lines",
            Self::NegativeTotal { .. } => "negative_total",
            Self::NoNumberLeft { .. } => "no_number_left",
            Self::NotPositive { .. } => "not_positive",
            Self::CurrencyMismatch { .. } => "currency_mismatch",
            Self::InTheFuture { .. } => "in_the_future",
            Self::ReferenceTaken { .. } => "reference_taken",
            Self::TooManyPayments { .. } => "too_many_payments",
            Self::Overpayment { .. } => "overpayment",
            Self::RefundTooLarge { .. } => "refund_too_large",
            Self::NotDue { .. } => "not_due",
        }
    }
}

impl Refusal for InvoiceError {
    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound { .. } => RefusalKind::NotFound,
            Self::AlreadyExists { .. } => RefusalKind::AlreadyExists,
            Self::IllegalTransition { .. }
            | Self::NoLines { .. }
            | Self::NegativeTotal { .. }
            | Self::DueTooLate { .. }
            | Self::NoNumberLeft { .. }
            | Self::TooManyPayments { .. }
            | Self::NotDue { .. } => RefusalKind::IllegalTransition,
            Self::ReferenceTaken { .. } => RefusalKind::Taken,
            Self::NoCurrency
            | Self::TooManyLines
            | Self::LineTooLarge { .. }
            | Self::TotalTooLarge
            | Self::NotPositive { .. }
            | Self::CurrencyMismatch { .. }
            | Self::InTheFuture { .. }
            | Self::Overpayment { .. }
            | Self::RefundTooLarge { .. } => RefusalKind::Invalid,
        }
    }

    fn pointer(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::NoCurrency => Some("/currency".into()),
            Self::TooManyLines | Self::TotalTooLarge => Some("/lines".into()),
            Self::LineTooLarge { line } => Some(format!("/lines/{line}").into()),
            Self::NotPositive { pointer } | Self::InTheFuture { pointer } => Some((*pointer).into()),
            Self::CurrencyMismatch { .. } => Some("/amount/currency".into()),
            Self::ReferenceTaken { .. } => Some("/reference".into()),
            Self::Overpayment { .. } | Self::RefundTooLarge { .. } => Some("/amount".into()),
            _ => None,
        }
    }
}
