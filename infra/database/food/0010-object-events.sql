-- What changed in Ceph's buckets, as RGW's notifications said. Workers that make something of an object
-- (thumbnails, food metadata) follow this table. At least once and in no order: an event is a hint that a key
-- changed, the truth is the object when it is handled. `sequencer` orders the events of one key.
-- Partitioned by day of receipt, so that old days are dropped, not deleted.
CREATE TABLE object_event (
  position     bigint GENERATED ALWAYS AS IDENTITY,
  received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The transaction that wrote the row. Whoever follows the table goes up to a commit horizon (every row below
  -- it is visible), never to a maximal position: positions are handed out before their transactions commit.
  transaction  xid8 NOT NULL DEFAULT pg_current_xact_id(),
  bucket       text NOT NULL,
  key          text COLLATE "C" NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('put', 'delete', 'expire')),
  event_name   text NOT NULL,
  sequencer    text COLLATE "C",                   -- normalised: comparable as text within one key
  version_id   text,
  etag         text,
  size         bigint,
  principal    text,                               -- the Ceph user who did it
  event_time   timestamptz,
  PRIMARY KEY (position, received_at)
) PARTITION BY RANGE (received_at);
CREATE TABLE object_event_default PARTITION OF object_event DEFAULT;
CREATE INDEX object_event_transaction ON object_event (transaction);
CREATE INDEX object_event_key ON object_event (bucket, key, sequencer);
