-- The operation log: what S3's events said. Until the hold an operation is a hint that a key changed;
-- the truth is the source's state when it is handled. Partitioned by day of receipt, so that old days
-- are dropped, not deleted.
CREATE TABLE operation (
  position    bigint GENERATED ALWAYS AS IDENTITY,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The transaction that wrote the row. A position is a commit horizon (every row below it is visible),
  -- never a maximal id: ids are handed out before their transactions commit.
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
  move        text NOT NULL,                       -- the bucket's name in the configuration
  key         text COLLATE "C" NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('put', 'delete', 'expire', 'canary')),
  event_name  text NOT NULL,
  event_source text NOT NULL,                      -- aws:s3 or ceph:s3
  sequencer   text COLLATE "C",                    -- normalised: comparable as text within one key
  version_id  text,
  etag        text,
  size        bigint,
  principal   text,
  event_time  timestamptz,
  retired_at  timestamptz,
  outcome     text,                                -- copied, deleted, equal, ignored, applied, conflict, duplicate
  PRIMARY KEY (position, received_at)
) PARTITION BY RANGE (received_at);
CREATE TABLE operation_default PARTITION OF operation DEFAULT;
CREATE INDEX operation_open ON operation (move, key, position) WHERE retired_at IS NULL;
CREATE INDEX operation_touched ON operation (transaction);
CREATE INDEX operation_key ON operation (move, key, sequencer);

-- Keys that keep failing, so that the rest goes on.
CREATE TABLE failed_key (
  move       text NOT NULL,
  key        text COLLATE "C" NOT NULL,
  stage      text NOT NULL CHECK (stage IN ('sync', 'replay', 'promotion')),
  reason     text NOT NULL,
  attempts   integer NOT NULL DEFAULT 1,
  first_at   timestamptz NOT NULL DEFAULT now(),
  last_at    timestamptz NOT NULL DEFAULT now(),
  next_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (move, key, stage)
);

-- What a straggler did on S3 after the hold and that was not applied. The bytes are kept aside.
CREATE TABLE conflict (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  move        text NOT NULL,
  key         text COLLATE "C" NOT NULL,
  position    bigint NOT NULL,
  kind        text NOT NULL,                       -- put or delete
  source_etag text,
  source_size bigint,
  target_etag text,
  aside_bucket text,
  aside_key   text,
  reason      text NOT NULL,
  at          timestamptz NOT NULL DEFAULT now(),
  UNIQUE (move, key, position)
);
