-- The log, and what must outlive a restart beside it.
--
-- A commit costs the pages that it touches. So events lie in order of arrival, and
-- the unique key is led by the client's id, which is ordered in time: both grow at
-- their end. Only events_by_seq is touched in as many places as there are rooms.

CREATE TABLE settings (
    name    TEXT PRIMARY KEY,
    value   TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE users (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    created_at  INTEGER NOT NULL        -- milliseconds since 1970, UTC, as all times here
) WITHOUT ROWID;

CREATE TABLE rooms (
    id          INTEGER PRIMARY KEY,
    key         TEXT NOT NULL UNIQUE,   -- NFC(casefold(NFC(name)))
    name        TEXT NOT NULL,          -- as the first who spoke in it wrote it
    created_at  INTEGER NOT NULL
);

CREATE TABLE events (
    arrival     INTEGER PRIMARY KEY,
    room        INTEGER NOT NULL REFERENCES rooms,
    seq         INTEGER NOT NULL,
    id          TEXT NOT NULL,
    author      TEXT NOT NULL REFERENCES users,
    name        TEXT NOT NULL,          -- the author's name when it was said
    message     TEXT NOT NULL,
    at          INTEGER NOT NULL
);
CREATE UNIQUE INDEX events_by_seq ON events (room, seq);
CREATE UNIQUE INDEX events_once ON events (id, author, room);
