-- Whether the run carries every version of each key, oldest first, and not the latest alone.
ALTER TABLE sync_run ADD COLUMN versions boolean NOT NULL DEFAULT false;
