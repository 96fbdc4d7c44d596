-- How many objects a run has begun to delete that the log does not name, by all its workers together.
ALTER TABLE sync_run ADD COLUMN deletes_counted bigint NOT NULL DEFAULT 0;
-- How many an operator allows; without it a share of the source decides.
ALTER TABLE sync_run ADD COLUMN deletes_allowed bigint;
