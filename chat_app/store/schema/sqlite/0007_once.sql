-- The unique key for what clients have called their messages, and no more for the ids that the
-- server gives where a client has none: they begin with ~, which no client's can, and come once.
-- See store/sqlite_once.py.

DROP INDEX events_once;
CREATE UNIQUE INDEX events_once ON events (id, author, room) WHERE id < '~';
