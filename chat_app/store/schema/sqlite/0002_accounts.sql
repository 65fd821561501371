-- Who has a password, where they are logged in, and which one-time links were used.

CREATE TABLE accounts (
    user        TEXT PRIMARY KEY REFERENCES users,
    password    TEXT NOT NULL,          -- argon2id, with its salt and settings
    owner       INTEGER NOT NULL,       -- 1: runs this server
    created_at  INTEGER NOT NULL
) WITHOUT ROWID;

-- What an account's name shares with every name that can be taken for it. A key belongs to
-- one account: that is what makes names unique.
CREATE TABLE account_names (
    key         TEXT PRIMARY KEY,
    account     TEXT NOT NULL REFERENCES accounts
) WITHOUT ROWID;
CREATE INDEX account_names_by_account ON account_names (account);

-- The names that guests chose: who makes an account under one of them takes it from them.
CREATE TABLE guest_names (
    key         TEXT NOT NULL,
    user        TEXT NOT NULL REFERENCES users,
    PRIMARY KEY (key, user)
) WITHOUT ROWID;
CREATE INDEX guest_names_by_user ON guest_names (user);

CREATE TABLE sessions (
    id          TEXT PRIMARY KEY,       -- SHA-256 of the token, in hex
    account     TEXT NOT NULL REFERENCES accounts,
    browser     TEXT NOT NULL,          -- "Firefox on Linux", for its user to know it by
    started_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_account ON sessions (account);

CREATE TABLE used_links (
    id          TEXT PRIMARY KEY,
    until       INTEGER NOT NULL        -- from then on the link is too old anyway
) WITHOUT ROWID;
