-- What deserves attention at each scope. A row is a place: a thing, a matter of it and a scope.

create table pulse_items_v1_template (
  org_id          uuid        not null,
  id              uuid        not null,
  item_id         uuid        not null,
  scope           text        not null collate "C",
  source_event_id uuid        not null,
  about_type      text        not null collate "C",
  about_id        uuid        not null,
  importance      integer     not null,
  title_key       text        collate "C",
  summary_key     text        collate "C",
  arguments       jsonb       not null,
  action_required boolean     not null,
  action_url      text,
  visible_from    timestamptz,
  expires_at      timestamptz,
  created_at      timestamptz not null,
  promoted_from   uuid,
  waiting         jsonb       not null,
  version         bigint      not null,
  updated_at      timestamptz not null,
  primary key (org_id, id)
);
-- What stays is read in the order of a page, and so is what lives for a week or so, and for a month or so: what is older than
-- that has expired, and is not walked through, however much of it there is. What lives longer is found by when it ends.
create index on pulse_items_v1_template (org_id, scope, importance, created_at desc, item_id desc) where expires_at is null;
create index on pulse_items_v1_template (org_id, scope, importance, created_at desc, item_id desc) where expires_at - created_at <= interval '192 hours';
create index on pulse_items_v1_template (org_id, scope, importance, created_at desc, item_id desc) where expires_at - created_at > interval '192 hours' and expires_at - created_at <= interval '768 hours';
create index on pulse_items_v1_template (org_id, scope, expires_at) where expires_at - created_at > interval '768 hours';
create index on pulse_items_v1_template (org_id, item_id);

comment on table pulse_items_v1_template is 'What deserves attention: at most one item for a thing, a matter of it and a scope.';
comment on column pulse_items_v1_template.org_id is 'The tenant.';
comment on column pulse_items_v1_template.id is 'Of thing, matter and scope, so that a later event finds the row; the item''s own where somebody raised or promoted it.';
comment on column pulse_items_v1_template.item_id is 'The item''s id: of source event, scope and rule, or what its event says.';
comment on column pulse_items_v1_template.scope is 'Who looks at it, as in module.leads.';
comment on column pulse_items_v1_template.source_event_id is 'The event that made it.';
comment on column pulse_items_v1_template.about_type is 'The type of the stream that it is about.';
comment on column pulse_items_v1_template.about_id is 'That stream: names are looked up there, for none are kept here.';
comment on column pulse_items_v1_template.importance is 'From 1, the most, to 5.';
comment on column pulse_items_v1_template.title_key is 'A text of the catalogues; null for what somebody promoted, which says what it said where it came from.';
comment on column pulse_items_v1_template.summary_key is 'A text of the catalogues.';
comment on column pulse_items_v1_template.arguments is 'What the texts are filled with, each by its name and with its type; never personal.';
comment on column pulse_items_v1_template.action_required is 'Whether somebody has to do something about it.';
comment on column pulse_items_v1_template.action_url is 'Where to do it: an address, or a path below that of the application.';
comment on column pulse_items_v1_template.visible_from is 'Not seen before; null for at once.';
comment on column pulse_items_v1_template.expires_at is 'Not seen from then on; null for never.';
comment on column pulse_items_v1_template.created_at is 'When the event that made it was recorded.';
comment on column pulse_items_v1_template.promoted_from is 'The item below that this one was made of.';
comment on column pulse_items_v1_template.waiting is 'Where several wait at one place, all of them: the one that is due first is shown.';
comment on column pulse_items_v1_template.version is 'Of the stream whose event changed it last.';
comment on column pulse_items_v1_template.updated_at is 'When that event was recorded.';
