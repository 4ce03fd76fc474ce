//! What of an invoice deserves attention.

use uuid::Uuid;
use xentri_domain::invoice::{Balance, InvoiceEvent};
use xentri_domain::kernel::Scope;

use super::super::argument::Argument;
use super::super::rule::{Effect, Finding, Module, Promotion, Rule, Touch, When};

const DRAFT: &str = "draft";
const ISSUE: &str = "issue";
const PAYMENT: &str = "payment";
const OVERDUE: &str = "overdue";
const REFUND: &str = "refund";

/// Somebody forgot it, after some days.
const DRAFTED: Rule =
    Rule { name: "invoice_drafted", matter: DRAFT, importance: 4, visible_after_days: 2, ..Rule::TASK };

const ISSUED: Rule = Rule {
    name: "invoice_issued",
    matter: ISSUE,
    importance: 5,
    promotions: &[Promotion { when: When::Worth(10_000), importance: 5 }],
    ..Rule::NEWS
};

const VOIDED: Rule = Rule { name: "invoice_voided", matter: ISSUE, importance: 4, ..Rule::NEWS };

const PARTLY_PAID: Rule = Rule { name: "invoice_partly_paid", matter: PAYMENT, importance: 4, ..Rule::NEWS };

const PAID: Rule = Rule {
    name: "invoice_paid",
    matter: PAYMENT,
    importance: 4,
    promotions: &[
        Promotion { when: When::Worth(10_000), importance: 4 },
        Promotion { when: When::Worth(100_000), importance: 4 },
    ],
    ..Rule::NEWS
};

const REFUNDED: Rule = Rule {
    name: "invoice_refunded",
    matter: REFUND,
    importance: 3,
    expires_after_days: Some(14),
    promotions: &[Promotion { when: When::Worth(1_000), importance: 3 }],
    ..Rule::NEWS
};

const BECAME_OVERDUE: Rule = Rule {
    name: "invoice_overdue",
    matter: OVERDUE,
    importance: 1,
    promotions: &[
        Promotion { when: When::Always, importance: 2 },
        Promotion { when: When::Worth(10_000), importance: 2 },
        Promotion { when: When::Worth(100_000), importance: 2 },
    ],
    ..Rule::TASK
};

pub(super) const MODULE: Module = Module {
    scope: Scope::INVOICING,
    rules: &[&DRAFTED, &ISSUED, &VOIDED, &PARTLY_PAID, &PAID, &REFUNDED, &BECAME_OVERDUE],
};

pub(super) fn touches(id: Uuid, event: &InvoiceEvent) -> Vec<Touch> {
    let find = |rule| Finding::of(rule).at(&format!("/finance/invoices/{id}"));
    match event {
        InvoiceEvent::Drafted(_) => vec![Touch::becomes(find(&DRAFTED))],
        InvoiceEvent::Issued(issued) => {
            let found = find(&ISSUED)
                .with("number", Argument::Text(issued.number.to_string()))
                .worth("total", issued.totals.total)
                .with("due_date", Argument::Date(issued.due_date));
            vec![Touch::ends(DRAFT), Touch::becomes(found)]
        }
        // What follows in the same append says that it is paid.
        InvoiceEvent::PaymentRecorded(payment) if payment.balance.outstanding.is_zero() => Vec::new(),
        InvoiceEvent::PaymentRecorded(payment) => {
            let found = find(&PARTLY_PAID)
                .with("amount", Argument::Money(payment.amount))
                .with("outstanding", Argument::Money(payment.balance.outstanding));
            vec![Touch::becomes(found), owed(&payment.balance)]
        }
        InvoiceEvent::Paid(paid) => {
            vec![Touch::ends(OVERDUE), Touch::becomes(find(&PAID).worth("total", paid.total))]
        }
        InvoiceEvent::Refunded(refunded) => {
            let found = find(&REFUNDED).worth("amount", refunded.amount);
            vec![Touch::becomes(found), owed(&refunded.balance)]
        }
        InvoiceEvent::BecameOverdue(overdue) => {
            let found = find(&BECAME_OVERDUE)
                .worth("outstanding", overdue.outstanding)
                .with("due_date", Argument::Date(overdue.due_date));
            vec![Touch::becomes(found)]
        }
        InvoiceEvent::Voided(_) => {
            vec![Touch::ends(DRAFT), Touch::ends(OVERDUE), Touch::becomes(find(&VOIDED))]
        }
        InvoiceEvent::LinesChanged(_) | InvoiceEvent::ReminderSent(_) => Vec::new(),
    }
}

/// An item that says what is owed says how much it is now.
fn owed(balance: &Balance) -> Touch {
    let arguments = vec![("outstanding", Argument::Money(balance.outstanding))];
    Touch { matter: OVERDUE, which: None, effect: Effect::Amends(arguments) }
}
