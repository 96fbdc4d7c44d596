-- Where the move is. One row: the ledger, not the configuration, knows the phase.
CREATE TABLE move (
  only_row      boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  phase         text NOT NULL DEFAULT 'none'
                CHECK (phase IN ('none', 'prepare', 'copy', 'cutover', 'retain', 'retire', 'done')),
  -- The phase whose gate has been passed and whose arrival has not been recorded yet.
  entering      text CHECK (entering IN ('prepare', 'copy', 'cutover', 'retain', 'retire', 'done')),
  -- Goes up whenever the applications' store changes. A worker of an older epoch may write nothing.
  epoch         bigint NOT NULL DEFAULT 1,
  -- Where the applications write. Turned only by a hold's commit.
  writes_go_to  text NOT NULL DEFAULT 'source' CHECK (writes_go_to IN ('source', 'target')),
  cutover_at    timestamptz
);
INSERT INTO move DEFAULT VALUES;

CREATE TABLE phase_history (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at      timestamptz NOT NULL DEFAULT now(),
  moved   text NOT NULL,      -- entering, arrived, refused, called-off
  phase_from text NOT NULL,
  phase_to   text NOT NULL,
  epoch   bigint NOT NULL,
  detail  jsonb NOT NULL DEFAULT '{}'
);

-- One attempt to turn the applications. Exactly one of "turned" and "called-off" can win: both are a
-- compare-and-set on state, so a holder that was slow and the watcher that gave it up cannot both act.
CREATE TABLE hold (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  direction     text NOT NULL CHECK (direction IN ('to-target', 'to-source')),
  state         text NOT NULL DEFAULT 'holding' CHECK (state IN ('holding', 'turned', 'done', 'called-off')),
  started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  limit_seconds double precision NOT NULL,
  turned_at     timestamptz,
  ended_at      timestamptz,
  reason        text,
  detail        jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX hold_only_one_open ON hold ((true)) WHERE state IN ('holding', 'turned');
