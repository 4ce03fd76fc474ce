//! Invoices: drafts, bills, payments, refunds, reminders.

use std::sync::Arc;

use rand::RngExt as _;
use serde_json::{Value, json};
use xentri_domain::invoice::{Bill, Invoice, Status};
use xentri_domain::kernel::{Money, StreamId};

use super::company::Company;

impl Company {
    pub(super) async fn bill(&mut self) {
        let busy = self.invoices.len() >= 3 && self.chance(85);
        match self.choose(&self.invoices.clone()).filter(|_| busy) {
            Some(invoice) => self.work_on_invoice(invoice).await,
            None => self.draft().await,
        }
    }

    async fn draft(&mut self) {
        let mut customer = json!({ "name": self.word() });
        if self.chance(50) {
            customer["email"] = json!("billing@example.com");
            customer["phone"] = json!("+33 1 23 45 67 89");
        }
        if self.chance(50) {
            customer["address"] = json!("1 Long Road\nBakerville");
        }
        let mut body = json!({ "customer": customer, "lines": self.lines(0),
                               "due_in_days": self.random.random_range(0..10) });
        if self.chance(60) {
            body["currency"] = self.money()["currency"].clone();
        }
        if self.chance(50) {
            body["lead_id"] = json!(self.choose(&self.leads.clone()));
        }
        if let Some(answer) = self.give(None, "invoice.draft", &body).await {
            self.invoices.push(answer.id);
        }
    }

    /// So many at the least. What is given away costs nothing; a discount is below that.
    fn lines(&mut self, least: usize) -> Value {
        let count = self.random.random_range(least..5);
        let line = |n: usize| {
            let (whole, part) = (self.random.random_range(1..50), self.random.random_range(0..10_000));
            let quantity = if self.chance(50) { whole.to_string() } else { format!("{whole}.{part:04}") };
            let price = self.amount();
            let price = if n > 0 && self.chance(20) { -price / 100 } else { price };
            let price = if self.chance(4) { 0 } else { price };
            json!({ "description": self.word(), "quantity": quantity, "unit_price": price,
                    "tax_rate_bp": self.choose(&[0, 400, 1_000, 2_100]) })
        };
        (0..count).map(line).collect()
    }

    async fn work_on_invoice(&mut self, id: StreamId) {
        let invoice: Arc<Invoice> = self.state(id).await;
        match (invoice.status, &invoice.bill) {
            (Status::Draft, _) => self.finish_draft(id).await,
            (Status::Issued | Status::PartiallyPaid, Some(bill)) => self.collect(id, bill).await,
            (Status::Paid, Some(bill)) if bill.balance.net_paid.is_positive() => {
                self.refund(id, bill.balance.net_paid).await;
            }
            _ => self.draft().await,
        }
        let subject = invoice.customer.as_ref().map(|customer| customer.subject_id);
        if let Some(subject) = subject.filter(|_| self.chance(1)) {
            self.forget(subject.into()).await;
        }
    }

    async fn finish_draft(&mut self, id: StreamId) {
        match self.random.random_range(0..10) {
            0..3 => {
                let body = json!({ "lines": self.lines(1) });
                self.give(Some(id), "invoice.change-lines", &body).await;
            }
            3 => self.void(id).await,
            _ => {
                self.give(Some(id), "invoice.issue", &json!({})).await;
            }
        }
    }

    async fn void(&mut self, id: StreamId) {
        let body = json!({ "reason": self.word() });
        self.give(Some(id), "invoice.void", &body).await;
    }

    /// Some are paid in many small parts.
    async fn collect(&mut self, id: StreamId, bill: &Bill) {
        let (owed, paid) = (bill.balance.outstanding, bill.balance.net_paid);
        let is_due = bill.due_date.to_string() < self.day(0);
        match self.random.random_range(0..20) {
            0..4 if is_due => drop(self.give_as_machine(id, "invoice.mark-overdue", &json!({})).await),
            4..6 => drop(self.give(Some(id), "invoice.send-reminder", &json!({})).await),
            6..9 if paid.is_positive() => self.refund(id, paid).await,
            6 => self.void(id).await,
            7..11 => {
                for _ in 0..self.random.random_range(1..25) {
                    self.pay(id, owed, 100).await;
                }
            }
            11..16 => self.pay(id, owed, 2).await,
            _ => self.pay(id, owed, 1).await,
        }
    }

    async fn pay(&mut self, id: StreamId, owed: Money, parts: i64) {
        self.payments += 1;
        let days = self.random.random_range(0..70);
        let method = self.choose(&["bank_transfer", "direct_debit", "card", "cash", "cheque", "other"]);
        let amount = json!({ "amount": (owed.amount() / parts).max(1), "currency": owed.currency() });
        let body = json!({ "amount": amount, "method": method, "reference": format!("payment {}", self.payments),
                           "received_at": self.later(-24 * days) });
        self.give(Some(id), "invoice.record-payment", &body).await;
    }

    async fn refund(&mut self, id: StreamId, paid: Money) {
        let part = if self.chance(50) { paid.amount() } else { self.random.random_range(1..=paid.amount()) };
        let amount = json!({ "amount": part, "currency": paid.currency() });
        let body = json!({ "amount": amount, "reason": self.word() });
        self.give(Some(id), "invoice.refund", &body).await;
    }
}
