-- Nothing: rooms lie together here already. What the file of this name in ../sqlite makes
-- saves SQLite the pages of an index; PostgreSQL writes rows, not pages, to its log.
SELECT 1;
