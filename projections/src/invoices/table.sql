-- The invoices of an org as lists and pages show them, and what they come to together: by state, by the day on which they are
-- due, and by month.

create table invoices_v1_template (
  org_id           uuid        not null,
  id               uuid        not null,
  version          bigint      not null,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  state            text        not null collate "C",
  overdue          boolean     not null,
  overdue_since    timestamptz,
  number           text        collate "C",
  year             integer,
  sequence         bigint,
  customer_id      uuid        not null,
  customer_name    text,
  customer_email   text        collate "C",
  customer_phone   text        collate "C",
  customer_address text,
  search           text        not null collate "C",
  forgotten        boolean     not null,
  lead_id          uuid,
  currency         text        not null collate "C",
  lines            jsonb       not null,
  subtotal         bigint      not null,
  tax              bigint      not null,
  total            bigint      not null,
  paid             bigint      not null,
  refunded         bigint      not null,
  open             bigint      not null,
  due_in_days      integer     not null,
  issued_on        date,
  due_on           date,
  due_order        date        not null,
  reminders        integer     not null,
  payments         jsonb       not null,
  months           jsonb       not null,
  primary key (org_id, id)
);
create index on invoices_v1_template (org_id, created_at, id);
create index on invoices_v1_template (org_id, state, created_at, id);
create index on invoices_v1_template (org_id, customer_id, created_at, id);
create index on invoices_v1_template (org_id, lead_id, created_at, id) where lead_id is not null;
create index on invoices_v1_template (org_id, due_order, id);
create index on invoices_v1_template (org_id, search, id);
create index on invoices_v1_template (org_id, number) where number is not null;
-- What is owed, of which those that get the mark next are a range.
create index on invoices_v1_template (org_id, overdue, due_order, id) where open > 0;

comment on table invoices_v1_template is 'An invoice as lists and pages show it. Amounts are in minor units of its currency.';
comment on column invoices_v1_template.org_id is 'The tenant.';
comment on column invoices_v1_template.id is 'The invoice''s stream.';
comment on column invoices_v1_template.version is 'Of the stream, for If-Match.';
comment on column invoices_v1_template.created_at is 'When it was drafted, as the ledger recorded it.';
comment on column invoices_v1_template.updated_at is 'When its last event was recorded.';
comment on column invoices_v1_template.state is 'draft, issued, partially_paid, paid, void.';
comment on column invoices_v1_template.overdue is 'The mark: gone when nothing is left to pay.';
comment on column invoices_v1_template.overdue_since is 'When the mark was recorded; null without it.';
comment on column invoices_v1_template.number is 'As it is written, like INV-2026-000042; null before it is issued.';
comment on column invoices_v1_template.year is 'Of the number.';
comment on column invoices_v1_template.sequence is 'Within the year, without gaps.';
comment on column invoices_v1_template.customer_id is 'The person whose data the customer''s fields are.';
comment on column invoices_v1_template.customer_name is 'Personal; null once forgotten.';
comment on column invoices_v1_template.customer_email is 'Personal; null once forgotten.';
comment on column invoices_v1_template.customer_phone is 'Personal; null once forgotten.';
comment on column invoices_v1_template.customer_address is 'Personal; null once forgotten.';
comment on column invoices_v1_template.search is 'The customer''s name in lower case: searched by prefix.';
comment on column invoices_v1_template.forgotten is 'Whether the customer has been forgotten.';
comment on column invoices_v1_template.lead_id is 'The lead who became this customer.';
comment on column invoices_v1_template.currency is 'ISO 4217.';
comment on column invoices_v1_template.lines is 'What is billed, in order: description, quantity, unit_price, tax_rate_bp.';
comment on column invoices_v1_template.subtotal is 'Before tax; of a draft, what it would come to.';
comment on column invoices_v1_template.tax is 'As the subtotal.';
comment on column invoices_v1_template.total is 'Subtotal and tax.';
comment on column invoices_v1_template.paid is 'All that was received.';
comment on column invoices_v1_template.refunded is 'All that was given back.';
comment on column invoices_v1_template.open is 'What is left to pay: total less paid and not refunded, and nothing for a draft, a paid or a void one.';
comment on column invoices_v1_template.due_in_days is 'After its issue.';
comment on column invoices_v1_template.issued_on is 'In the org''s time zone; null before it is issued.';
comment on column invoices_v1_template.due_on is 'The last day to pay; null before it is issued.';
comment on column invoices_v1_template.due_order is 'The due date, or the last of all days without one: lists are in its order.';
comment on column invoices_v1_template.reminders is 'How many were sent.';
comment on column invoices_v1_template.payments is 'The last twenty, the newest first: amount, method, reference, received_at.';
comment on column invoices_v1_template.months is 'What was received and refunded in each month of UTC, as in {"2026-11": {"received": 1210}}: its part of the sums.';

create table invoice_sums_v1_template (
  org_id   uuid    not null,
  id       uuid    not null,
  kind     text    not null collate "C",
  state    text    collate "C",
  overdue  boolean not null,
  day      date,
  currency text    not null collate "C",
  invoices bigint  not null,
  net      bigint  not null,
  gross    bigint  not null,
  open     bigint  not null,
  received bigint  not null,
  refunded bigint  not null,
  primary key (org_id, id)
);
create index on invoice_sums_v1_template (org_id, kind, day, currency);

comment on table invoice_sums_v1_template is 'What invoices come to together, in one currency. Amounts are in its minor units.';
comment on column invoice_sums_v1_template.org_id is 'The tenant.';
comment on column invoice_sums_v1_template.id is 'Of kind, state and mark or day, and currency.';
comment on column invoice_sums_v1_template.kind is 'state: all in a state; due: what is open, by its due date; month: what was issued, received and refunded in a month.';
comment on column invoice_sums_v1_template.state is 'As in invoices; null for the other kinds.';
comment on column invoice_sums_v1_template.overdue is 'Of kind state: those with the mark.';
comment on column invoice_sums_v1_template.day is 'The due date, or the first day of the month; null for kind state.';
comment on column invoice_sums_v1_template.currency is 'ISO 4217.';
comment on column invoice_sums_v1_template.invoices is 'How many in the state, open, or issued in the month and not void.';
comment on column invoice_sums_v1_template.net is 'Their subtotals; not of kind due.';
comment on column invoice_sums_v1_template.gross is 'Their totals; not of kind due.';
comment on column invoice_sums_v1_template.open is 'What is left to pay of them; not of kind month.';
comment on column invoice_sums_v1_template.received is 'What was paid on them, or in the month on any; not of kind due.';
comment on column invoice_sums_v1_template.refunded is 'What was given back on them, or in the month on any; not of kind due.';
