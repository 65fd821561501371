-- Where the events of a room lie, in place of an index on (room, seq). That cost each commit a
-- page for every room that had spoken, and was half of what a message cost. These two cost a
-- commit a few pages, however many rooms are busy. See store/sqlite_runs.py.

CREATE TABLE runs (
    room        INTEGER NOT NULL REFERENCES rooms,
    first       INTEGER NOT NULL,       -- the seq of the first of its 32 events: 1, 33, 65, …
    arrivals    TEXT NOT NULL,          -- theirs, in order of seq, with commas between
    PRIMARY KEY (room, first)
) WITHOUT ROWID;

-- The newest events of each room that has any: those after its last whole run.
CREATE TABLE open_runs (
    room        INTEGER PRIMARY KEY REFERENCES rooms,
    top         INTEGER NOT NULL,       -- the newest seq
    arrivals    TEXT NOT NULL           -- '' where the newest event ended a run
);

INSERT INTO runs
SELECT room, seq - 31, (
    SELECT group_concat(arrival) FROM (
        SELECT arrival FROM events AS e
        WHERE e.room = last.room AND e.seq BETWEEN last.seq - 31 AND last.seq ORDER BY e.seq))
FROM events AS last WHERE seq % 32 = 0;

INSERT INTO open_runs
SELECT room, top, coalesce((
    SELECT group_concat(arrival) FROM (
        SELECT arrival FROM events AS e
        WHERE e.room = tops.room AND e.seq > top - top % 32 ORDER BY e.seq)), '')
FROM (SELECT room, max(seq) AS top FROM events GROUP BY room) AS tops;

DROP INDEX events_by_seq;
