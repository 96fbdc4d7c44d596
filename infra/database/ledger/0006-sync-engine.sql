-- When a worker last found no shard to take: whoever has one cuts it in two.
ALTER TABLE sync_run ADD COLUMN wanted_at timestamptz;
-- The manifest of the inventory whose keys say where a run is split; without one it needs no split.
ALTER TABLE sync_run ADD COLUMN inventory text;

-- How fast sync may work, all workers together. Read every second, so it holds while they run.
CREATE TABLE sync_limit (
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  limits     text NOT NULL,          -- as scripts/sync/limits.ts reads it; '' is no limit
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
