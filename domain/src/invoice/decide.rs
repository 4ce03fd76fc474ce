//! Decisions on an invoice.

use super::{
    BecameOverdue, Bill, ChangeLines, Customer, CustomerInput, Draft, Drafted, Invoice, InvoiceCommand,
    InvoiceError, InvoiceNumber, Issued, Line, LineInput, LinesChanged, MOST_LINES, Paid, PaymentRecorded,
    RecordPayment, Refund, Refunded, ReminderSent, Status, Totals, Voided,
};
use crate::aggregate::{Aggregate, CommandSet, Decision, Facts, Halt};
use crate::claims::{InvoiceNumbers, NumberTaken};
use crate::kernel::{Currency, Money, PersonalInput, SubjectId};
use crate::org::InvoicePrefix;

/// More than anybody pays in; a bound, because the state holds the reference of each.
const MOST_PAYMENTS: usize = 500;

type Decided = Result<Decision<Invoice>, Halt<InvoiceError>>;

impl Aggregate for Invoice {
    type Command = InvoiceCommand;
    type Error = InvoiceError;

    fn decide(&self, command: InvoiceCommand, facts: &Facts) -> Decided {
        self.require_state_for(&command, facts)?;
        match command {
            InvoiceCommand::Draft(draft) => drafted(draft, facts),
            InvoiceCommand::ChangeLines(ChangeLines { lines }) => self.change_lines(lines, facts),
            InvoiceCommand::Issue(_) => self.issue(facts),
            InvoiceCommand::RecordPayment(payment) => self.record_payment(payment, facts),
            InvoiceCommand::Refund(refund) => self.refund(refund, facts),
            InvoiceCommand::MarkOverdue(_) => self.mark_overdue(facts),
            InvoiceCommand::SendReminder(_) => {
                let bill = self.bill(facts)?;
                let outstanding = bill.balance.outstanding;
                Ok(Decision::event(ReminderSent { due_date: bill.due_date, outstanding }))
            }
            InvoiceCommand::Void(void) => Ok(Decision::event(Voided { reason: void.reason })),
        }
    }
}

impl Invoice {
    fn require_state_for(&self, command: &InvoiceCommand, facts: &Facts) -> Result<(), InvoiceError> {
        let (id, status) = (facts.stream, self.status);
        // Before the state, so that a bank that reports a payment twice is told that it is known, even where it was the last.
        if let InvoiceCommand::RecordPayment(payment) = command
            && self.references.contains(&payment.reference)
        {
            return Err(InvoiceError::ReferenceTaken { id });
        }
        let allowed: &[Status] = match command {
            InvoiceCommand::Draft(_) => &[Status::Absent],
            InvoiceCommand::ChangeLines(_) | InvoiceCommand::Issue(_) => &[Status::Draft],
            InvoiceCommand::RecordPayment(_)
            | InvoiceCommand::MarkOverdue(_)
            | InvoiceCommand::SendReminder(_) => &[Status::Issued, Status::PartiallyPaid],
            InvoiceCommand::Refund(_) => &[Status::PartiallyPaid, Status::Paid],
            // An issued one has nothing net paid: with a payment that is left it would be partially paid.
            InvoiceCommand::Void(_) => &[Status::Draft, Status::Issued],
        };
        if allowed.contains(&status) {
            Ok(())
        } else if status == Status::Absent {
            Err(InvoiceError::NotFound { id })
        } else if matches!(command, InvoiceCommand::Draft(_)) {
            Err(InvoiceError::AlreadyExists { id })
        } else {
            Err(InvoiceError::IllegalTransition { id, status, command: command.kind().name })
        }
    }

    /// Every invoice has one, once it is no draft.
    fn bill(&self, facts: &Facts) -> Result<&Bill, InvoiceError> {
        self.bill.as_ref().ok_or(InvoiceError::NotFound { id: facts.stream })
    }

    /// Every invoice has one.
    fn currency(&self, facts: &Facts) -> Result<Currency, InvoiceError> {
        self.currency.ok_or(InvoiceError::NotFound { id: facts.stream })
    }

    fn change_lines(&self, lines: Vec<LineInput>, facts: &Facts) -> Decided {
        let lines = billable(lines, self.currency(facts)?)?;
        if lines == self.lines {
            return Ok(Decision::nothing());
        }
        Ok(Decision::event(LinesChanged { lines }))
    }

    fn issue(&self, facts: &Facts) -> Decided {
        let id = facts.stream;
        if self.lines.is_empty() {
            return Err(InvoiceError::NoLines { id }.into());
        }
        let totals = Totals::of(&self.lines, self.currency(facts)?)?;
        if totals.total.is_negative() {
            return Err(InvoiceError::NegativeTotal { id, total: totals.total }.into());
        }
        let issue_date = facts.today()?;
        let due_date = issue_date
            .plus_days(self.due_in_days.get().into())
            .map_err(|_| InvoiceError::DueTooLate { id })?;
        let year = issue_date.year();
        let numbers = InvoiceNumbers::of(facts.org(), year);
        let sequence =
            facts.read::<InvoiceNumbers>(numbers)?.next().ok_or(InvoiceError::NoNumberLeft { year })?;
        let number = InvoiceNumber::new(&prefix(facts)?, year, sequence);
        let issued = Issued { number, year, sequence, issue_date, due_date, totals, lead_id: self.lead_id };
        let taken = NumberTaken { year, number: sequence, invoice_id: id.into() };
        let decision = Decision::event(issued).on::<InvoiceNumbers>(numbers, taken);
        // What is given away is paid as soon as it is issued.
        if totals.total.is_zero() {
            return Ok(decision.and(Paid { total: totals.total }));
        }
        Ok(decision)
    }

    fn record_payment(&self, payment: RecordPayment, facts: &Facts) -> Decided {
        let (id, bill, amount) = (facts.stream, self.bill(facts)?, payment.amount);
        require_payable(amount, bill)?;
        if facts.is_ahead(payment.received_at) {
            return Err(InvoiceError::InTheFuture { pointer: "/received_at" }.into());
        }
        let payments = self.references.len();
        if payments >= MOST_PAYMENTS {
            return Err(InvoiceError::TooManyPayments { id, payments }.into());
        }
        let outstanding = bill.balance.outstanding;
        let balance = bill.balance.receive(amount).ok_or(InvoiceError::Overpayment { id, outstanding })?;
        let RecordPayment { method, reference, received_at, .. } = payment;
        let recorded = Decision::event(PaymentRecorded { amount, method, reference, received_at, balance });
        if balance.outstanding.is_zero() {
            return Ok(recorded.and(Paid { total: bill.totals.total }));
        }
        Ok(recorded)
    }

    fn refund(&self, refund: Refund, facts: &Facts) -> Decided {
        let (id, bill) = (facts.stream, self.bill(facts)?);
        require_payable(refund.amount, bill)?;
        let net_paid = bill.balance.net_paid;
        let balance =
            bill.balance.give_back(refund.amount).ok_or(InvoiceError::RefundTooLarge { id, net_paid })?;
        Ok(Decision::event(Refunded { amount: refund.amount, reason: refund.reason, balance }))
    }

    /// Once: the due date of an invoice never changes, and the mark stays until nothing is left.
    fn mark_overdue(&self, facts: &Facts) -> Decided {
        let bill = self.bill(facts)?;
        if self.overdue {
            return Ok(Decision::nothing());
        }
        let due_date = bill.due_date;
        if facts.today()? <= due_date {
            return Err(InvoiceError::NotDue { id: facts.stream, due_date }.into());
        }
        Ok(Decision::event(BecameOverdue { due_date, outstanding: bill.balance.outstanding }))
    }
}

fn drafted(draft: Draft, facts: &Facts) -> Decided {
    let currency = match draft.currency {
        Some(currency) => currency,
        None => org_currency(facts)?,
    };
    let subject = draft.lead_id.map_or(facts.fresh.into(), SubjectId::from);
    Ok(Decision::event(Drafted {
        customer: customer(draft.customer, subject),
        currency,
        lines: billable(draft.lines, currency)?,
        due_in_days: draft.due_in_days,
        lead_id: draft.lead_id,
    }))
}

fn customer(input: CustomerInput, otherwise: SubjectId) -> Customer {
    Customer {
        subject_id: input.subject_id.unwrap_or(otherwise),
        name: input.name.into_personal(),
        email: input.email.map(PersonalInput::into_personal),
        phone: input.phone.map(PersonalInput::into_personal),
        address: input.address.map(PersonalInput::into_personal),
    }
}

/// Lines that come to amounts that there are, each and together.
fn billable(lines: Vec<LineInput>, currency: Currency) -> Result<Vec<Line>, InvoiceError> {
    if lines.len() > MOST_LINES {
        return Err(InvoiceError::TooManyLines);
    }
    let lines: Vec<_> = lines.into_iter().map(Line::from).collect();
    Totals::of(&lines, currency)?;
    Ok(lines)
}

impl From<LineInput> for Line {
    fn from(input: LineInput) -> Self {
        Self {
            description: input.description,
            quantity: input.quantity,
            unit_price: input.unit_price,
            tax_rate_bp: input.tax_rate_bp,
        }
    }
}

fn org_currency(facts: &Facts) -> Result<Currency, Halt<InvoiceError>> {
    let settings = facts.settings()?.settings.as_ref();
    Ok(settings.map(|settings| settings.currency).ok_or(InvoiceError::NoCurrency)?)
}

/// The default's for an org that is not there, which no decision gets to.
fn prefix(facts: &Facts) -> Result<InvoicePrefix, Halt<InvoiceError>> {
    let settings = facts.settings()?.settings.as_ref();
    Ok(settings.map(|settings| settings.invoice_prefix.clone()).unwrap_or_default())
}

fn require_payable(amount: Money, bill: &Bill) -> Result<(), InvoiceError> {
    let (expected, given) = (bill.totals.total.currency(), amount.currency());
    if given != expected {
        return Err(InvoiceError::CurrencyMismatch { expected, given });
    }
    if amount.is_positive() { Ok(()) } else { Err(InvoiceError::NotPositive { pointer: "/amount" }) }
}
