-- A deleted message stays in its place without its text, as a tombstone; that it was deleted
-- is an event of its own. A row of a message is as it was, one byte for each column more.

ALTER TABLE events ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;  -- 1: tombstone, 2: deletion
ALTER TABLE events ADD COLUMN target INTEGER;                   -- of each of the two: the other's seq
