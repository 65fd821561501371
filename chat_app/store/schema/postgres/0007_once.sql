-- Nothing: here the unique key is for the server's own ids too. A batch whose answer was lost is
-- appended again, and only by the key is it known what of it was in the log.
SELECT 1;
