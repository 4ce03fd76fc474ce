-- Rebuilds that are asked for over HTTP, kept until a process that schedules does them; and how rebuilds stand, for readers.

create table rebuild_order (
  id           uuid        primary key,
  projections  text[]      not null check (cardinality(projections) > 0),
  accept       boolean     not null,
  keep         boolean     not null,
  throttle     integer     check (throttle > 0),
  state        text        not null default 'waiting' collate "C"
               check (state in ('waiting', 'running', 'cancelling', 'done', 'differing', 'paused', 'cancelled', 'failed')),
  requested_by text        not null collate "C",
  requested_at timestamptz not null default now(),
  begun_at     timestamptz,
  ended_at     timestamptz,
  phase        text        collate "C",
  done         bigint      not null default 0 check (done >= 0),
  total        bigint      not null default 0 check (total >= 0),
  waits        text,
  outcome      jsonb
);
create index rebuild_order_open on rebuild_order (requested_at) where ended_at is null;
create index rebuild_order_newest on rebuild_order (requested_at desc, id);

comment on table rebuild_order is 'A rebuild that somebody asked for over HTTP. It is kept in the first database, and of all.';
comment on column rebuild_order.id is 'By which it is asked for.';
comment on column rebuild_order.projections is 'What is to be rebuilt.';
comment on column rebuild_order.accept is 'Swap although a new version differs, or what somebody has seen differ.';
comment on column rebuild_order.keep is 'Keep what differs, for somebody to look at.';
comment on column rebuild_order.throttle is 'The most events a second; null for as many as there can be.';
comment on column rebuild_order.state is 'waiting; running; cancelling: it runs or waits, and is to end; done: readers see it; differing: it was not put in the place of what it differs from; paused: another command can go on; cancelled; failed.';
comment on column rebuild_order.requested_by is 'Who asked for it.';
comment on column rebuild_order.requested_at is 'When.';
comment on column rebuild_order.begun_at is 'When a process began.';
comment on column rebuild_order.ended_at is 'When it came to its end, whichever it is.';
comment on column rebuild_order.phase is 'The phase that it is in, or ended in.';
comment on column rebuild_order.done is 'Of what the phase counts.';
comment on column rebuild_order.total is 'Of what the phase counts, as far as it is known.';
comment on column rebuild_order.waits is 'Why it does not go on, where it does not.';
comment on column rebuild_order.outcome is 'What came of it, without what is personal.';

alter table rebuild_order enable row level security, force row level security;
create policy worker_all on rebuild_order to xentri_worker using (true) with check (true);
grant select, insert, update on rebuild_order to xentri_worker;

-- How a rebuild stands tells nothing of any org; who asked for it is nobody's business.
create policy all_see_how_it_stands on rebuild for select to xentri_app using (true);
grant select (projection, version, generation, phase, begun_at, grace_until) on rebuild to xentri_app;
