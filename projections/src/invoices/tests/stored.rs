//! Invoices in Postgres, as readers and the job that marks them read them.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use uuid::Uuid;
use xentri_domain::kernel::Date;
use xentri_ledger::{Home, TenantTx};

use super::{CUSTOMER, INVOICE, LEAD, balance, drafted, eur, issued, lines, payment};
use crate::given::{Given, id};
use crate::invoices::{
    Debt, InvoiceFilter, InvoiceOrder, InvoiceRow, Invoices, PastDue, invoice_by_number_in_tx,
    invoice_count_in_tx, invoice_in_tx, invoices_in_tx, past_due_in_tx, query, receivables_in_tx,
    revenue_in_tx,
};
use crate::kit::{Direction, Order as _, Part, Wanted};
use crate::stored::{Step, Stored, sums_hold};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn tell(invoices: &mut Given<Invoices>, n: u64, event: &str, payload: Value) {
    invoices.then(id(n), &format!("xentri.invoice.{event}.v1"), payload);
}

/// Twelve invoices of 1210, every fourth in dollars, of three customers. The first two are drafts. The others were issued in
/// March, each due some days after the one before, from 2 March on; the third is overdue, the fourth half paid and overdue, the
/// fifth paid, the sixth void.
fn many(invoices: &mut Given<Invoices>) {
    for n in 1..13_u32 {
        let (of, currency) = (u64::from(n), if n % 4 == 0 { "USD" } else { "EUR" });
        let (customer, name) = (100 + of % 3, ["Ada", "Zoë", "Ben"][n as usize % 3]);
        tell(invoices, of, "drafted", drafted(customer, &format!("{name} {n:02}"), currency));
        if n > 2 {
            let due = day("2026-03-02").plus_days(i32::try_from(n - 3).unwrap() * 10).unwrap();
            tell(invoices, of, "issued", issued(n, "2026-03-02", &due.to_string(), currency));
        }
    }
    for n in [3, 4] {
        tell(invoices, n, "overdue", json!({ "due_date": "2026-03-12", "outstanding": eur(1210) }));
    }
    tell(invoices, 4, "payment_recorded", payment(605, "A", "2026-04-01T00:00:00Z", &balance(605, 605)));
    tell(invoices, 5, "payment_recorded", payment(1210, "B", "2026-02-27T00:00:00Z", &balance(1210, 0)));
    tell(invoices, 5, "paid", json!({ "total": eur(1210) }));
    tell(invoices, 6, "voided", json!({ "reason": "twice" }));
}

fn first(limit: u16, order: InvoiceOrder) -> Wanted<InvoiceOrder> {
    Wanted { order, direction: Direction::Ascending, part: Part::First { limit, after: None } }
}

/// Every page from the start to the end, or from the end to the start, put together in the order that is wanted.
async fn all_pages(tx: &mut TenantTx, filter: &InvoiceFilter, mut wanted: Wanted<InvoiceOrder>) -> Vec<Uuid> {
    let mut all = Vec::new();
    loop {
        let page = invoices_in_tx(tx, filter, &wanted).await.unwrap();
        let ids = page.rows.iter().map(|row| row.id);
        match &mut wanted.part {
            Part::First { after, .. } => {
                all.extend(ids);
                *after = page.rows.last().map(|row| wanted.order.place(row));
            }
            Part::Last { before, .. } => {
                all.splice(0..0, ids);
                *before = page.rows.first().map(|row| wanted.order.place(row));
            }
        }
        if !page.has_more {
            return all;
        }
    }
}

#[tokio::test]
async fn an_invoice_is_read_as_it_was_folded() {
    let stored = Stored::new().await;
    let (home, given) = stored.tell(many).await;
    let mut tx = stored.read(home).await;
    for n in 1..13 {
        let row = given.row(id(n));
        assert_eq!(invoice_in_tx(&mut tx, id(n)).await.unwrap().as_ref(), Some(row));
        if let Some(number) = &row.number {
            assert_eq!(invoice_by_number_in_tx(&mut tx, number).await.unwrap().as_ref(), Some(row));
        }
    }
    assert_eq!(invoice_in_tx(&mut tx, id(13)).await.unwrap(), None);
    assert_eq!(invoice_by_number_in_tx(&mut tx, "INV-2026-000002").await.unwrap(), None);
}

#[tokio::test]
async fn pages_show_every_invoice_once_in_order_from_either_end() {
    let stored = Stored::new().await;
    let (home, given) = stored.tell(many).await;
    let mut tx = stored.read(home).await;
    for order in [InvoiceOrder::CreatedAt, InvoiceOrder::DueOn, InvoiceOrder::Customer] {
        let mut expected: Vec<&InvoiceRow> = given.rows.values().collect();
        expected.sort_by_key(|row| match order {
            InvoiceOrder::CreatedAt => (row.created_at.to_string(), row.id),
            // Drafts last.
            InvoiceOrder::DueOn => (row.due_on.map_or("x".to_owned(), |due| due.to_string()), row.id),
            InvoiceOrder::Customer => (row.search.to_string(), row.id),
        });
        let mut expected: Vec<_> = expected.iter().map(|row| row.id).collect();
        for direction in [Direction::Ascending, Direction::Descending] {
            for limit in [1, 5, 12, 50] {
                for part in [Part::First { limit, after: None }, Part::Last { limit, before: None }] {
                    let wanted = Wanted { order, direction, part };
                    let all = all_pages(&mut tx, &InvoiceFilter::default(), wanted.clone()).await;
                    assert_eq!(all, expected, "{wanted:?}");
                }
            }
            expected.reverse();
        }
    }
}

#[tokio::test]
async fn filters_leave_what_fits_them_all() {
    let stored = Stored::new().await;
    let (home, _) = stored.tell(many).await;
    let mut tx = stored.read(home).await;
    let all = InvoiceFilter::default;
    let state = |word: &str| InvoiceFilter { state: Some(word.to_owned()), ..all() };
    let search = |text: &str| InvoiceFilter { search: Some(text.to_owned()), ..all() };
    let from_to = |from: Option<&str>, to: Option<&str>| InvoiceFilter {
        due_from: from.map(day),
        due_to: to.map(day),
        ..all()
    };
    let cases = [
        (all(), (1..13).collect()),
        (state("draft"), vec![1, 2]),
        (state("issued"), vec![3, 7, 8, 9, 10, 11, 12]),
        (state("partially_paid"), vec![4]),
        (InvoiceFilter { overdue: Some(true), ..all() }, vec![3, 4]),
        (InvoiceFilter { overdue: Some(false), ..state("issued") }, vec![7, 8, 9, 10, 11, 12]),
        (InvoiceFilter { customer: Some(id(101)), ..all() }, vec![1, 4, 7, 10]),
        (InvoiceFilter { lead: Some(id(LEAD)), ..state("void") }, vec![6]),
        (InvoiceFilter { lead: Some(id(4)), ..all() }, vec![]),
        (InvoiceFilter { currency: Some("USD".to_owned()), ..all() }, vec![4, 8, 12]),
        (from_to(Some("2026-03-12"), Some("2026-04-01")), vec![4, 5, 6]),
        (from_to(Some("2026-05-11"), None), vec![10, 11, 12]),
        (from_to(None, Some("2026-03-02")), vec![3]),
        (from_to(None, Some("9999-12-31")), (3..13).collect()),
        (search(" ZOË"), vec![1, 4, 7, 10]),
        (search("ada 0"), vec![3, 6, 9]),
        (search("oë"), vec![]),
        (InvoiceFilter { currency: Some("USD".to_owned()), ..search("ben") }, vec![8]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<_> = expected.into_iter().map(id).collect();
        for order in [InvoiceOrder::CreatedAt, InvoiceOrder::DueOn, InvoiceOrder::Customer] {
            let mut found = all_pages(&mut tx, &filter, first(2, order)).await;
            found.sort_unstable();
            assert_eq!(found, expected, "{filter:?} {order:?}");
        }
    }
}

#[tokio::test]
async fn receivables_are_as_of_any_day() {
    let stored = Stored::new().await;
    let (home, _) = stored.tell(many).await;
    let mut tx = stored.read(home).await;
    let debt = |invoices: i64, amount: i64| Debt { invoices, amount };
    // In euros 3, 7, 9, 10 and 11 are open, due on 2 March, 11 April, 1, 11 and 21 May.
    let [euros, dollars] = &receivables_in_tx(&mut tx, day("2026-03-02")).await.unwrap()[..] else {
        panic!()
    };
    assert_eq!((euros.currency.as_str(), euros.open, euros.overdue), ("EUR", debt(5, 6050), debt(0, 0)));
    // In dollars 4, of which half is paid, 8 and 12, due on 12 March, 21 April and 31 May.
    assert_eq!(
        (dollars.currency.as_str(), dollars.open, dollars.overdue),
        ("USD", debt(3, 3025), debt(0, 0))
    );
    let [euros, dollars] = &receivables_in_tx(&mut tx, day("2026-05-11")).await.unwrap()[..] else {
        panic!()
    };
    assert_eq!((euros.open, euros.overdue), (debt(5, 6050), debt(3, 3630)), "10 may be paid today");
    assert_eq!((euros.up_to_30, euros.up_to_60), (debt(2, 2420), debt(0, 0)), "30 days ago 7 was due");
    assert_eq!((euros.up_to_90, euros.over_90), (debt(1, 1210), debt(0, 0)));
    assert_eq!((dollars.overdue, dollars.up_to_30), (debt(2, 1815), debt(1, 1210)));
    assert_eq!((dollars.up_to_60, dollars.up_to_90), (debt(1, 605), debt(0, 0)));
    let [euros, dollars] = &receivables_in_tx(&mut tx, day("2026-07-10")).await.unwrap()[..] else {
        panic!()
    };
    assert_eq!((euros.over_90, euros.up_to_90), (debt(1, 1210), debt(2, 2420)), "90 days ago 7 was due");
    assert_eq!((euros.up_to_60, euros.up_to_30), (debt(2, 2420), debt(0, 0)));
    assert_eq!(
        (dollars.over_90, dollars.up_to_90, dollars.up_to_60),
        (debt(1, 605), debt(1, 1210), debt(1, 1210))
    );
}

#[tokio::test]
async fn a_month_has_what_was_issued_and_what_moved_in_it() {
    let stored = Stored::new().await;
    let (home, _) = stored
        .tell(|invoices| {
            many(invoices);
            let back = json!({ "paid": eur(605), "outstanding": eur(605), "net_paid": eur(5) });
            tell(invoices, 5, "refunded", json!({ "amount": eur(600), "reason": "broken", "balance": back }));
        })
        .await;
    let mut tx = stored.read(home).await;
    let shown = |sum: &crate::invoices::InvoiceSumRow| {
        let month = sum.day.unwrap().to_string();
        (month, sum.currency.to_string(), sum.invoices, [sum.net, sum.gross, sum.received, sum.refunded])
    };
    let revenue = revenue_in_tx(&mut tx, None, None).await.unwrap();
    let expected = [
        ("2026-02-01", "EUR", 0, [0, 0, 1210, 0]),
        // 3, 5, 7, 9, 10 and 11; not 6, which is void.
        ("2026-03-01", "EUR", 6, [6000, 7260, 0, 600]),
        ("2026-03-01", "USD", 3, [3000, 3630, 0, 0]),
        ("2026-04-01", "USD", 0, [0, 0, 605, 0]),
    ];
    let expected =
        expected.map(|(month, currency, n, amounts)| (month.to_owned(), currency.to_owned(), n, amounts));
    assert_eq!(revenue.iter().map(shown).collect::<Vec<_>>(), expected);
    let march = revenue_in_tx(&mut tx, Some(day("2026-03-01")), Some(day("2026-03-31"))).await.unwrap();
    assert_eq!(march, revenue[1..3]);
}

#[tokio::test]
async fn invoices_are_counted_by_state_and_mark() {
    let stored = Stored::new().await;
    let (home, _) = stored.tell(many).await;
    let mut tx = stored.read(home).await;
    let cases = [
        (None, None, 12),
        (Some("draft"), None, 2),
        (Some("issued"), None, 7),
        (Some("issued"), Some(true), 1),
        (Some("issued"), Some(false), 6),
        (None, Some(true), 2),
        (Some("paid"), None, 1),
        (Some("lost"), None, 0),
    ];
    for (state, overdue, expected) in cases {
        let count = invoice_count_in_tx(&mut tx, state, overdue).await.unwrap();
        assert_eq!(count, expected, "{state:?} {overdue:?}");
    }
}

#[tokio::test]
async fn no_org_sees_the_invoices_of_another() {
    let stored = Stored::new().await;
    let (one, _) = stored.tell(many).await;
    let (other, _) =
        stored.tell(|invoices| tell(invoices, 1, "drafted", drafted(CUSTOMER, "Grace", "EUR"))).await;
    let mut tx = stored.read(other).await;
    assert_eq!(invoice_in_tx(&mut tx, id(2)).await.unwrap(), None);
    assert_eq!(invoice_by_number_in_tx(&mut tx, "INV-2026-000003").await.unwrap(), None);
    let page = invoices_in_tx(&mut tx, &InvoiceFilter::default(), &first(50, InvoiceOrder::CreatedAt))
        .await
        .unwrap();
    let names: Vec<_> = page.rows.into_iter().map(|row| row.customer_name).collect();
    assert_eq!(names, [Some("Grace".into())]);
    assert_eq!(receivables_in_tx(&mut tx, day("2026-05-11")).await.unwrap(), []);
    assert_eq!(revenue_in_tx(&mut tx, None, None).await.unwrap(), []);
    assert_eq!(invoice_count_in_tx(&mut tx, None, None).await.unwrap(), 1);
    assert_eq!(
        (stored.visible(other, "invoices_v1").await, stored.visible(one, "invoices_v1").await),
        (1, 12)
    );
    assert_eq!(stored.visible(other, "invoice_sums_v1").await, 1);
    let mut tx = stored.read(one).await;
    assert_eq!(invoice_count_in_tx(&mut tx, None, None).await.unwrap(), 12);
}

#[tokio::test]
async fn what_gets_the_mark_next_is_found_in_many_orgs_each_with_its_day() {
    let stored = Stored::new().await;
    let ((one, _), (other, _), (third, _)) =
        (stored.tell(many).await, stored.tell(many).await, stored.tell(many).await);
    let days = [(one.org(), day("2026-05-02")), (other.org(), day("2026-04-11"))];
    let mut tx = stored.work(one, &[one.org(), other.org()]).await;
    let found = past_due_in_tx(&mut tx, &days, 10).await.unwrap();
    let past = |home: Home, n: u64, due: &str| PastDue {
        org: home.org(),
        invoice: id(n).try_into().unwrap(),
        due_on: day(due),
    };
    // 3 and 4 have the mark, 5 is paid, 6 void; on the day itself nothing is overdue yet.
    let expected = [past(one, 7, "2026-04-11"), past(one, 8, "2026-04-21"), past(one, 9, "2026-05-01")];
    assert_eq!(found, expected);
    assert_eq!(past_due_in_tx(&mut tx, &days, 1).await.unwrap(), expected[..1]);
    let all = [days[0], days[1], (third.org(), day("2027-01-01"))];
    assert_eq!(
        past_due_in_tx(&mut tx, &all, 10).await.unwrap(),
        expected,
        "an org that it does not work for"
    );
}

/// 20 000 invoices of four orgs, 5 000 of them in `home`; half of them open, and half of these with the mark.
async fn fill(stored: &Stored, home: Home) {
    let statement = format!(
        "insert into read.invoices_v1_g1 (org_id, id, version, created_at, updated_at, state, overdue, customer_id, search,
                                          forgotten, lead_id, currency, lines, subtotal, tax, total, paid, refunded, open,
                                          due_in_days, due_on, due_order, reminders, payments, months)
         select case n % 4 when 0 then '{}' else lpad((n % 4)::text, 32, '0')::uuid end, gen_random_uuid(), 1,
                '2026-01-01'::timestamptz + n * interval '1 minute', now(),
                case n / 4 % 4 when 1 then 'draft' when 3 then 'paid' else 'issued' end, n / 4 % 4 = 0,
                lpad((n / 4 % 50)::text, 32, '0')::uuid, md5(n::text), false,
                case when n / 4 % 2 = 0 then lpad((n / 4 % 50)::text, 32, '0')::uuid end, 'EUR', '[]', 1, 0, 1, 1, 0,
                case n / 4 % 2 when 0 then 1 else 0 end, 30, '2026-01-01'::date + n / 40, '2026-01-01'::date + n / 40, 0,
                '[]', '{{}}'
         from generate_series(1, 20000) n",
        home.org()
    );
    stored.fill(&statement).await;
}

/// A filter, an order that has an index for it, the filter's values in a statement, and what bounds the range beside the org.
type Ranged = (InvoiceFilter, InvoiceOrder, &'static str, &'static [&'static str]);

fn ranged() -> [Ranged; 9] {
    let all = InvoiceFilter::default;
    let row = super::Told::issued().row();
    let state = InvoiceFilter { state: Some("paid".to_owned()), ..all() };
    let customer = InvoiceFilter { customer: Some(row.customer_id), ..all() };
    let lead = InvoiceFilter { lead: row.lead_id, ..all() };
    let overdue = InvoiceFilter { overdue: Some(true), ..all() };
    let due = InvoiceFilter { due_from: row.due_on, due_to: row.due_on, ..all() };
    let search = InvoiceFilter { search: Some("a".to_owned()), ..all() };
    [
        (all(), InvoiceOrder::CreatedAt, "", &["created_at"]),
        (all(), InvoiceOrder::DueOn, "", &["due_order"]),
        (all(), InvoiceOrder::Customer, "", &["search"]),
        (state, InvoiceOrder::CreatedAt, "'paid', ", &["state", "created_at"]),
        (customer, InvoiceOrder::CreatedAt, SOME, &["customer_id", "created_at"]),
        (lead, InvoiceOrder::CreatedAt, SOME, &["lead_id", "created_at"]),
        (overdue, InvoiceOrder::DueOn, "true, ", &["overdue", "due_order"]),
        (due, InvoiceOrder::DueOn, "'2026-02-01', '2027-04-01', ", &["due_order"]),
        (search, InvoiceOrder::Customer, "'2', 'c', ", &["search"]),
    ]
}

const SOME: &str = "'00000000-0000-0000-0000-000000000008', ";

#[tokio::test]
async fn a_page_of_invoices_is_a_range_of_an_index() {
    let stored = Stored::new().await;
    let home = stored.org().await;
    fill(&stored, home).await;
    let tx = stored.read(home).await;
    let row = super::Told::issued().row();
    for (filter, order, values, bounds) in ranged() {
        let place = match order {
            InvoiceOrder::CreatedAt => "2026-01-05",
            InvoiceOrder::DueOn => "2026-09-01",
            InvoiceOrder::Customer => "7bc",
        };
        for direction in [Direction::Ascending, Direction::Descending] {
            let after = Some(order.place(&row));
            let wanted = Wanted { order, direction, part: Part::First { limit: 20, after } };
            let sql = query::filtered(&tx, &filter).page_sql(&wanted);
            let values = format!("'{}', {values}'{place}', '{}', 21", home.org(), id(INVOICE));
            stored.assert_range(home, &sql, &values, &[bounds, &["org_id"]].concat()).await;
        }
    }
}

#[tokio::test]
async fn what_gets_the_mark_next_is_a_range_of_an_index_for_each_org() {
    let stored = Stored::new().await;
    let home = stored.org().await;
    fill(&stored, home).await;
    let mut tx = stored.work(home, &[home.org()]).await;
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let prepare = format!("set local plan_cache_mode = {mode}; prepare wanted as {}", query::past_due());
        tx.connection().execute(AssertSqlSafe(prepare)).await.unwrap();
        let explain =
            format!("explain (costs off) execute wanted('{{{}}}', '{{2026-09-01}}', 10)", home.org());
        let lines: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(tx.connection()).await.unwrap();
        tx.connection().execute("deallocate wanted").await.unwrap();
        let plan = lines.join("\n");
        let range = plan.lines().find(|line| line.contains("Index Cond")).expect(&plan);
        let bounds = ["overdue = false", "due_order <", "org_id = today.org_id"];
        assert!(bounds.iter().all(|bound| range.contains(bound)), "{plan}");
        assert!(!plan.contains("Sort") && !plan.contains("Seq Scan"), "{plan}");
    }
}

fn happen(invoices: &mut Given<Invoices>, (invoice, kind, n): Step) {
    let currency = ["EUR", "USD"][usize::try_from(n % 2).unwrap()];
    let money = |amount: i64| json!({ "amount": amount, "currency": currency });
    let balance = json!({ "paid": money(n), "outstanding": money(n % 3), "net_paid": money(n % 5) });
    let month = ["2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z"][kind % 2];
    let due = day("2026-04-01").plus_days(i32::try_from(n % 4).unwrap()).unwrap();
    let overdue = json!({ "due_date": "2026-04-01", "outstanding": money(1) });
    // Nobody pays or gets back nothing: sums of which all is 0 are not kept.
    let kinds: [(&str, Value); 9] = [
        ("drafted", drafted(CUSTOMER, "Ada", currency)),
        ("lines_changed", json!({ "lines": lines() })),
        ("issued", issued(u32::try_from(n).unwrap(), &due.to_string(), &due.to_string(), currency)),
        ("payment_recorded", payment(n + 1, "P", month, &balance)),
        ("paid", json!({ "total": money(n) })),
        ("refunded", json!({ "amount": money(n + 1), "reason": "r", "balance": balance })),
        ("overdue", overdue.clone()),
        ("reminder_sent", overdue),
        ("voided", json!({ "reason": "r" })),
    ];
    // Nothing happens to an invoice before it is drafted, and it is drafted once.
    let there = invoices.rows.contains_key(&id(invoice));
    let (name, payload) = if there { &kinds[1 + kind % 8] } else { &kinds[0] };
    tell(invoices, invoice, name, payload.clone());
}

#[test]
fn the_sums_that_are_kept_are_those_of_all_invoices() {
    sums_hold::<Invoices>(happen);
}
