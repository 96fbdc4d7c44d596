-- Times in which events of S3 may have been lost. A certificate whose listings were read before the end of one proves
-- nothing of what was written in it.
CREATE TABLE capture_gap (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  move      text NOT NULL,
  -- When capture is last known to have worked.
  began_at  timestamptz NOT NULL,
  why       text NOT NULL,
  -- When a canary came through that was written after the cause was gone; NULL: it goes on.
  ended_at  timestamptz,
  -- The transaction that ended it: horizons of certificates are compared with it, not clocks.
  ended_transaction xid8,
  CHECK ((ended_at IS NULL) = (ended_transaction IS NULL))
);
CREATE UNIQUE INDEX capture_gap_only_one_open ON capture_gap (move) WHERE ended_at IS NULL;
