-- Food metadata, as the JSON documents in the metadata buckets say it. The documents are the truth; this
-- table is what can be asked. Filled by the worker that follows object_event.
CREATE TABLE food_metadata (
  bucket     text NOT NULL,
  key        text COLLATE "C" NOT NULL,
  -- Of the last change that was applied, normalised: comparable as text within one key.
  sequencer  text COLLATE "C" NOT NULL,
  etag       text,
  -- Null where the document was deleted: the row stays, so that a late event does not bring it back.
  document   jsonb CHECK (jsonb_typeof(document) = 'object'),
  changed_at timestamptz NOT NULL DEFAULT now(),
  food       text GENERATED ALWAYS AS (document ->> 'id') STORED,
  name       text GENERATED ALWAYS AS (document ->> 'name') STORED,
  description text GENERATED ALWAYS AS (document ->> 'description') STORED,
  PRIMARY KEY (bucket, key)
);
CREATE INDEX food_metadata_food ON food_metadata (food) WHERE document IS NOT NULL;
CREATE INDEX food_metadata_document ON food_metadata USING gin (document jsonb_path_ops);

-- What a document says now, or null where it was deleted. Applied only where the change is newer than what is
-- known: events come at least once and in no order.
-- Returns whether it was applied.
CREATE FUNCTION put_food_metadata(
  of_bucket text, of_key text, with_sequencer text, with_etag text, with_document jsonb
) RETURNS boolean LANGUAGE sql AS $$
  WITH applied AS (
    INSERT INTO food_metadata AS known (bucket, key, sequencer, etag, document)
    VALUES (of_bucket, of_key, with_sequencer, with_etag, with_document)
    ON CONFLICT (bucket, key) DO UPDATE
      SET sequencer = excluded.sequencer, etag = excluded.etag, document = excluded.document, changed_at = now()
      WHERE known.sequencer < excluded.sequencer
    RETURNING 1
  )
  SELECT EXISTS (SELECT FROM applied)
$$;
