-- A deleted message stays in its place without its text, as a tombstone; that it was deleted
-- is an event of its own. The function that writes one is in 0005: it closes reports too.

ALTER TABLE events
    ADD COLUMN kind smallint NOT NULL DEFAULT 0,    -- 1: tombstone, 2: deletion
    ADD COLUMN target bigint;                       -- of each of the two: the other's seq
