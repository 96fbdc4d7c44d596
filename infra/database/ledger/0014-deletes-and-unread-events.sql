-- How many objects a run has begun to delete that the log does not name, by all its workers together.
ALTER TABLE sync_run ADD COLUMN deletes_counted bigint NOT NULL DEFAULT 0;
-- How many an operator allows; without it a share of the source decides.
ALTER TABLE sync_run ADD COLUMN deletes_allowed bigint;

-- Events that came to capture and are in no log: of other buckets, of other senders, or not readable. One row for
-- each kind and bucket, with the last one, so that a flood of them fills nothing.
CREATE TABLE unread_event (
  reason   text NOT NULL,                          -- foreign or malformed
  bucket   text NOT NULL,                          -- '' where the event names none
  events   bigint NOT NULL,
  detail   text NOT NULL,
  sample   text NOT NULL,
  first_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (reason, bucket)
);
