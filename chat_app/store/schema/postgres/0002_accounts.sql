-- Who has a password, where they are logged in, and which one-time links were used; and the
-- functions that write them: one call is one transaction, in which nobody waits for a client.

CREATE TABLE accounts (
    "user"      text COLLATE "C" PRIMARY KEY REFERENCES users,
    password    text NOT NULL,          -- argon2id, with its salt and settings
    owner       boolean NOT NULL,       -- runs this server
    created_at  bigint NOT NULL
);

-- What an account's name shares with every name that can be taken for it. A key belongs to
-- one account: that is what makes names unique.
CREATE TABLE account_names (
    key         text COLLATE "C" PRIMARY KEY,
    account     text COLLATE "C" NOT NULL REFERENCES accounts
);
CREATE INDEX account_names_by_account ON account_names (account);

-- The names that guests chose: who makes an account under one of them takes it from them.
CREATE TABLE guest_names (
    key         text COLLATE "C" NOT NULL,
    "user"      text COLLATE "C" NOT NULL REFERENCES users,
    PRIMARY KEY (key, "user")
);
CREATE INDEX guest_names_by_user ON guest_names ("user");

CREATE TABLE sessions (
    id          text COLLATE "C" PRIMARY KEY,   -- SHA-256 of the token, in hex
    account     text COLLATE "C" NOT NULL REFERENCES accounts,
    browser     text NOT NULL,          -- "Firefox on Linux", for its user to know it by
    started_at  bigint NOT NULL,
    seen_at     bigint NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account);

CREATE TABLE used_links (
    id          text COLLATE "C" PRIMARY KEY,
    until       bigint NOT NULL         -- from then on the link is too old anyway
);

-- What they refuse they raise, with a code that the program knows: CH001 a name that is
-- taken, CH002 a link that was used, CH003 a user who has an account.

CREATE FUNCTION use_up(link text, link_until bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF link IS NOT NULL THEN
        INSERT INTO used_links VALUES (link, link_until) ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RAISE 'used' USING ERRCODE = 'CH002';
        END IF;
    END IF;
END
$$;

-- Names are given one after the other on all nodes, or two could be taken for each other.
CREATE FUNCTION name_user(user_id text, user_name text, now bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock('users'::regclass::integer, 0);
    INSERT INTO users VALUES (user_id, user_name, now)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name;
END
$$;

CREATE FUNCTION note_guest(user_id text, keys text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM guest_names WHERE "user" = user_id;
    INSERT INTO guest_names SELECT unnest(keys), user_id;
END
$$;

CREATE FUNCTION refuse_taken(user_id text, keys text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM account_names WHERE key = ANY (keys) AND account <> user_id) THEN
        RAISE 'taken' USING ERRCODE = 'CH001';
    END IF;
END
$$;

-- Have these keys, and no others, belong to the account.
CREATE FUNCTION claim(user_id text, keys text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_taken(user_id, keys);
    DELETE FROM account_names WHERE account = user_id;
    INSERT INTO account_names SELECT unnest(keys), user_id;
END
$$;

CREATE FUNCTION rename_user(user_id text, user_name text, keys text[], now bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM name_user(user_id, user_name, now);
    IF EXISTS (SELECT FROM accounts WHERE "user" = user_id) THEN
        PERFORM claim(user_id, keys);
    ELSE
        PERFORM refuse_taken(user_id, keys);
        PERFORM note_guest(user_id, keys);
    END IF;
END
$$;

CREATE FUNCTION unname_user(user_id text, user_name text, now bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM name_user(user_id, user_name, now);
    PERFORM note_guest(user_id, '{}');
END
$$;

CREATE FUNCTION make_account(
    user_id text, user_name text, user_password text, is_owner boolean, keys text[],
    link text, link_until bigint, now bigint
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM name_user(user_id, user_name, now);
    PERFORM use_up(link, link_until);
    INSERT INTO accounts VALUES (user_id, user_password, is_owner, now) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE 'has one' USING ERRCODE = 'CH003';
    END IF;
    PERFORM claim(user_id, keys);
    PERFORM note_guest(user_id, '{}');
END
$$;

-- Return the sessions that this ended: all of the user's.
CREATE FUNCTION set_password(
    user_id text, user_password text, link text, link_until bigint
) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
    ended text[];
BEGIN
    PERFORM use_up(link, link_until);
    UPDATE accounts SET password = user_password WHERE "user" = user_id;
    WITH gone AS (DELETE FROM sessions WHERE account = user_id RETURNING id)
    SELECT coalesce(array_agg(id), '{}') INTO STRICT ended FROM gone;
    RETURN ended;
END
$$;

CREATE FUNCTION make_owner(user_id text, link text, link_until bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM use_up(link, link_until);
    UPDATE accounts SET owner = true WHERE "user" = user_id;
END
$$;

-- Return whether the account still has that password. The row is held, so that another
-- password, which ends all sessions, comes before this one or ends it too.
CREATE FUNCTION start_session(
    session text, user_id text, user_password text, browser text, started bigint, seen bigint
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM accounts WHERE "user" = user_id AND password = user_password FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO sessions VALUES (session, user_id, browser, started, seen);
    RETURN true;
END
$$;
