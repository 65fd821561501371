-- Who has a say in a room, who was put out of it, and who may be let in.

-- 1: as the column says. A private room's key begins with "~", and it is made before its
-- first event.
ALTER TABLE rooms ADD COLUMN announce INTEGER NOT NULL DEFAULT 0;      -- only moderators write
ALTER TABLE rooms ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;        -- nobody writes
ALTER TABLE rooms ADD COLUMN slow_seconds INTEGER NOT NULL DEFAULT 0;  -- between one's messages

CREATE TABLE members (
    room        INTEGER NOT NULL REFERENCES rooms,
    user        TEXT NOT NULL REFERENCES users,
    role        INTEGER NOT NULL,       -- 1 member, 2 moderator, 3 owner
    since       INTEGER NOT NULL,
    PRIMARY KEY (room, user)
) WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user);

CREATE TABLE sanctions (
    room        INTEGER NOT NULL REFERENCES rooms,
    user        TEXT NOT NULL REFERENCES users,
    kind        TEXT NOT NULL,          -- ban, mute
    until       INTEGER,                -- null: until it is lifted
    network     TEXT NOT NULL,          -- of a ban that is its guests' too; else ''
    network_until INTEGER NOT NULL,
    by          TEXT NOT NULL REFERENCES users,
    at          INTEGER NOT NULL,
    PRIMARY KEY (room, user, kind)
) WITHOUT ROWID;

CREATE TABLE invites (
    id          TEXT PRIMARY KEY,       -- SHA-256 of the token, in hex
    room        INTEGER NOT NULL REFERENCES rooms,
    by          TEXT NOT NULL REFERENCES users,
    made_at     INTEGER NOT NULL,
    until       INTEGER NOT NULL,
    uses        INTEGER NOT NULL        -- that are left
) WITHOUT ROWID;
CREATE INDEX invites_by_room ON invites (room);
