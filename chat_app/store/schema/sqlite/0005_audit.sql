-- What readers reported, and what moderators did.

-- Only what nobody has looked at: a report goes with its message's deletion, or when it is
-- dismissed.
CREATE TABLE reports (
    room        INTEGER NOT NULL REFERENCES rooms,
    seq         INTEGER NOT NULL,       -- of the message
    by          TEXT NOT NULL REFERENCES users,
    reason      TEXT NOT NULL,          -- may be empty
    at          INTEGER NOT NULL,
    PRIMARY KEY (room, seq, by)
) WITHOUT ROWID;

-- Names are kept as they were: who was it then is the question.
CREATE TABLE deeds (
    id          INTEGER PRIMARY KEY,
    room        INTEGER NOT NULL REFERENCES rooms,
    at          INTEGER NOT NULL,
    by          TEXT NOT NULL,
    by_name     TEXT NOT NULL,
    what        TEXT NOT NULL,          -- delete, dismiss, kick, mute, ban, lift, role, settings
    about       TEXT,                   -- a user
    about_name  TEXT,
    detail      TEXT NOT NULL           -- as Deed in models.py says
);
CREATE INDEX deeds_by_room ON deeds (room, id);
