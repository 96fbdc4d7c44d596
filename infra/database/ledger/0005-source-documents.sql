-- What a customer's bucket carried right before each change that we made to its documents, as text.
CREATE TABLE source_document (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  bucket    text NOT NULL,
  kind      text NOT NULL CHECK (kind IN ('policy', 'lifecycle', 'notification')),
  -- NULL where the bucket had none.
  document  text,
  kept_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- A step that is repeated keeps nothing twice.
CREATE UNIQUE INDEX source_document_once ON source_document (bucket, kind, md5(coalesce(document, '')));

-- Buckets whose events go to EventBridge because we switched that on: the switch has no id of ours, and where
-- the customer switched it on it must stay when we go.
CREATE TABLE event_bridge_switched_on (
  bucket  text PRIMARY KEY,
  at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
