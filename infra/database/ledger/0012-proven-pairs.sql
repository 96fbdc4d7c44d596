-- Objects that were proven to have the same bytes although their ETags cannot tell: encrypted with keys of KMS, or
-- of parts whose boundaries are not known. So they are neither read nor copied again. Of all other objects there is
-- no row.
CREATE TABLE proven_pair (
  move            text NOT NULL,
  key             text COLLATE "C" NOT NULL,
  source_etag     text NOT NULL,
  source_size     bigint NOT NULL,
  target_etag     text NOT NULL,
  -- `null` where the target's bucket was not versioned when the object was written.
  target_version  text NOT NULL,
  proven_by       text NOT NULL CHECK (proven_by IN ('bytes', 'part digests')),
  proven_at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (move, key, target_version)
);
