CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TYPE key_range AS RANGE (subtype = text, collation = "C");

-- Sync, replay and promotion share one claim a key; for sync it is a key range. Two claims that overlap
-- cannot both be committed. Rows are short-lived: there is never one per object copied.
CREATE TABLE claim (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  move       text NOT NULL,
  keys       key_range NOT NULL,
  owner      text NOT NULL,
  epoch      bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  EXCLUDE USING gist (move WITH =, keys WITH &&)
);
CREATE INDEX claim_owner ON claim (owner);

-- The key space of one bucket, split; a worker owns a shard while it works on it and checkpoints in it.
CREATE TABLE shard (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  move       text NOT NULL,
  -- Every shard of one run of sync carries the run's number; a new run replaces the old one's.
  run        bigint NOT NULL,
  number     integer NOT NULL,
  after_key  text COLLATE "C" NOT NULL,            -- exclusive; '' is the beginning
  until_key  text COLLATE "C",                     -- inclusive; null is the end
  checkpoint text COLLATE "C" NOT NULL,            -- every key up to here is settled
  state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')),
  owner      text,
  lease_until timestamptz,
  objects    bigint NOT NULL DEFAULT 0,
  bytes      bigint NOT NULL DEFAULT 0,
  copied     bigint NOT NULL DEFAULT 0,
  copied_bytes bigint NOT NULL DEFAULT 0,
  deleted    bigint NOT NULL DEFAULT 0,
  failed     bigint NOT NULL DEFAULT 0,
  UNIQUE (move, run, number)
);

CREATE TABLE sync_run (
  run        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  move       text NOT NULL,
  state      text NOT NULL DEFAULT 'splitting' CHECK (state IN ('splitting', 'copying', 'done')),
  started_at timestamptz NOT NULL DEFAULT now(),
  ended_at   timestamptz,
  objects_expected bigint,
  bytes_expected   bigint
);

-- Keys positively known to be on S3 alone (a restore that is under way, an on-demand cutover). Nginx
-- falls back for these and for unfinished shards of an on-demand cutover; any other miss is final.
CREATE TABLE pending_key (
  move       text NOT NULL,
  key        text COLLATE "C" NOT NULL,
  reason     text NOT NULL,
  at         timestamptz NOT NULL DEFAULT now(),
  promotion_asked_at timestamptz,
  PRIMARY KEY (move, key)
);
