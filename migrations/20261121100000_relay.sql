-- How far the relay has come: one row for each topic and shard, so that a topic that can't be written holds back no other.
--
-- The rows are written once for every batch that Kafka has acknowledged, by the one relay that leads the shard.

create table relay_cursor (
  shard         integer     not null check (shard >= 0),
  topic         text        not null collate "C",
  epoch         integer     not null check (epoch >= 0),
  position      bigint      not null check (position >= 0),
  prev_epoch    integer     not null check (prev_epoch >= 0),
  prev_position bigint      not null check (prev_position >= 0),
  updated_at    timestamptz not null default now(),
  primary key (shard, topic)
);

comment on table relay_cursor is 'How far the ledger of a shard has been read for a topic, and what was sent there last.';
comment on column relay_cursor.shard is 'The shard, which is the topic''s partition too.';
comment on column relay_cursor.topic is 'The topic.';
comment on column relay_cursor.epoch is 'Of the last event that was considered.';
comment on column relay_cursor.position is 'Of the last event that was considered: everything up to it is in the topic, or does not belong there.';
comment on column relay_cursor.prev_epoch is 'Of the last event that was sent there; 0 before the first.';
comment on column relay_cursor.prev_position is 'Of the last event that was sent there; 0 before the first.';
comment on column relay_cursor.updated_at is 'When it moved last.';

alter table relay_cursor enable row level security, force row level security;
create policy relay_all on relay_cursor to xentri_relay using (true) with check (true);
grant select, insert, update, delete on relay_cursor to xentri_relay;
