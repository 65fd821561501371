-- Who has a say in a room, who was put out of it, and who may be let in; and the functions
-- that write them: one call is one transaction, in which nobody waits for a client.

-- A private room's key begins with "~", and it is made before its first event.
ALTER TABLE rooms
    ADD COLUMN announce boolean NOT NULL DEFAULT false,     -- only moderators write
    ADD COLUMN locked boolean NOT NULL DEFAULT false,       -- nobody writes
    ADD COLUMN slow_seconds integer NOT NULL DEFAULT 0;     -- between one's messages

CREATE TABLE members (
    room        integer NOT NULL REFERENCES rooms,
    "user"      text COLLATE "C" NOT NULL REFERENCES users,
    role        integer NOT NULL,       -- 1 member, 2 moderator, 3 owner
    since       bigint NOT NULL,
    PRIMARY KEY (room, "user")
);
CREATE INDEX members_by_user ON members ("user");

CREATE TABLE sanctions (
    room        integer NOT NULL REFERENCES rooms,
    "user"      text COLLATE "C" NOT NULL REFERENCES users,
    kind        text COLLATE "C" NOT NULL,      -- ban, mute
    until       bigint,                 -- null: until it is lifted
    network     text NOT NULL,          -- of a ban that is its guests' too; else ''
    network_until bigint NOT NULL,
    by          text COLLATE "C" NOT NULL REFERENCES users,
    at          bigint NOT NULL,
    PRIMARY KEY (room, "user", kind)
);

CREATE TABLE invites (
    id          text COLLATE "C" PRIMARY KEY,   -- SHA-256 of the token, in hex
    room        integer NOT NULL REFERENCES rooms,
    by          text COLLATE "C" NOT NULL REFERENCES users,
    made_at     bigint NOT NULL,
    until       bigint NOT NULL,
    uses        integer NOT NULL        -- that are left
);
CREATE INDEX invites_by_room ON invites (room);

-- As in 0001, and a new room belongs to its first author, where that is an account.
CREATE OR REPLACE FUNCTION hold_rooms(
    room_keys text[], room_names text[],
    places integer[], authors text[], names text[], ats bigint[]
) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO users (id, name, created_at)
    SELECT DISTINCT ON (draft.author) draft.author, draft.name, draft.at
    FROM unnest(authors, names, ats) WITH ORDINALITY AS draft (author, name, at, n)
    WHERE NOT EXISTS (SELECT FROM users WHERE users.id = draft.author)
    ORDER BY draft.author, draft.n
    ON CONFLICT DO NOTHING;

    WITH made AS (
        INSERT INTO rooms (key, name, created_at)
        SELECT room.key, room.name, ats[array_position(places, room.place::integer)]
        FROM unnest(room_keys, room_names) WITH ORDINALITY AS room (key, name, place)
        WHERE NOT EXISTS (SELECT FROM rooms WHERE rooms.key = room.key)
        ORDER BY room.key COLLATE "C"
        ON CONFLICT DO NOTHING
        RETURNING id, key, created_at
    )
    INSERT INTO members (room, "user", role, since)
    SELECT made.id, accounts."user", 3, made.created_at
    FROM made JOIN accounts ON accounts."user" =
        authors[array_position(places, array_position(room_keys, made.key))];

    PERFORM FROM rooms WHERE rooms.key = ANY (room_keys) ORDER BY rooms.key FOR UPDATE;
END
$$;

-- What they refuse they raise, with a code that the program knows: CH005 no such room, CH006 a
-- private room without an owner, CH007 an invitation that cannot be used, CH008 a ban.

-- Return the room, and hold it: what is done to a room is done one after the other on all nodes.
CREATE FUNCTION hold_room(room_key text) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    held integer;
BEGIN
    SELECT id INTO held FROM rooms WHERE key = room_key FOR UPDATE;
    IF NOT FOUND THEN
        RAISE 'no such room' USING ERRCODE = 'CH005';
    END IF;
    RETURN held;
END
$$;

-- Write down who may not have spoken yet. Before hold_room: that is the order of locks.
CREATE FUNCTION add_users(ids text[], names text[], now bigint) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO users
    SELECT DISTINCT ON (id) id, name, now FROM unnest(ids, names) AS added (id, name)
    ORDER BY id
    ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION check_owned(which integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM rooms WHERE id = which AND starts_with(key, '~'))
        AND NOT EXISTS (SELECT FROM members WHERE room = which AND role = 3) THEN
        RAISE 'no owner' USING ERRCODE = 'CH006';
    END IF;
END
$$;

CREATE FUNCTION make_room(
    room_key text, room_name text, user_id text, user_name text, now bigint
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    made integer;
BEGIN
    PERFORM add_users(ARRAY[user_id], ARRAY[user_name], now);
    INSERT INTO rooms (key, name, created_at) VALUES (room_key, room_name, now)
    RETURNING id INTO made;
    INSERT INTO members VALUES (made, user_id, 3, now);
END
$$;

CREATE FUNCTION use_invite(invite text, user_id text, user_name text, now bigint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    held integer;
    room_key text;
BEGIN
    PERFORM add_users(ARRAY[user_id], ARRAY[user_name], now);
    SELECT rooms.id, rooms.key INTO held, room_key
    FROM invites JOIN rooms ON rooms.id = invites.room WHERE invites.id = invite
    FOR UPDATE OF rooms;
    -- Looked at again: now that the room is held, nobody else can use it up.
    PERFORM FROM invites WHERE id = invite AND until > now AND uses > 0;
    IF NOT FOUND THEN
        RAISE 'no such invitation' USING ERRCODE = 'CH007';
    END IF;
    PERFORM FROM sanctions WHERE room = held AND "user" = user_id AND kind = 'ban'
        AND (until IS NULL OR until > now);
    IF FOUND THEN
        RAISE 'banned' USING ERRCODE = 'CH008';
    END IF;
    INSERT INTO members VALUES (held, user_id, 1, now) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        UPDATE invites SET uses = uses - 1 WHERE id = invite;
    END IF;
    RETURN room_key;
END
$$;

CREATE FUNCTION add_invite(
    invite text, room_key text, user_id text, user_name text,
    made bigint, ends bigint, times integer
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM add_users(ARRAY[user_id], ARRAY[user_name], made);
    INSERT INTO invites VALUES (invite, hold_room(room_key), user_id, made, ends, times);
END
$$;

CREATE FUNCTION revoke_invite(room_key text, invite text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    held integer := hold_room(room_key);
BEGIN
    DELETE FROM invites WHERE id = invite AND room = held;
END
$$;
