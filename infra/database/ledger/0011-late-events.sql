-- Which operations are pre-hold, by move, since the last turn to Ceph. S3 may tell late: what its own clock
-- dates before a canary that was written when the applications' writes had ended was done before the hold.
CREATE TABLE pre_hold (
  move           text PRIMARY KEY,
  events_before  timestamptz NOT NULL,             -- by S3's clock; never compared with another one
  received_until timestamptz NOT NULL,             -- by the ledger's clock: the end of the window
  -- Every operation below it was in the log at the turn.
  horizon        xid8 NOT NULL DEFAULT pg_snapshot_xmin(pg_current_snapshot())
);
