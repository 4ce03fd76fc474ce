-- A rebuild that was ordered says for which order it is. A process that dies between the swap and the note that the order is done
-- leaves one that looks as if nothing were done: the next process sees here what was swapped for it, and makes nothing once more.

alter table rebuild add column order_id uuid;
comment on column rebuild.order_id is 'The order that it was begun or swapped for; null where nobody ordered it over HTTP.';
