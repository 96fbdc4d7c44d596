CREATE TABLE certificate (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind      text NOT NULL CHECK (kind IN ('base', 'parity', 'containment')),
  move      text NOT NULL,
  at        timestamptz NOT NULL DEFAULT now(),
  epoch     bigint NOT NULL,
  -- Everything whose transaction is below this horizon is covered.
  horizon   xid8 NOT NULL,
  findings  bigint NOT NULL,
  document  jsonb NOT NULL
);

CREATE TABLE waiver (
  move      text NOT NULL,
  key       text COLLATE "C" NOT NULL,
  reason    text NOT NULL,
  named_by  text NOT NULL,
  at        timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (move, key)
);

-- Figures that the report shows: peak memory and work of every process, lag samples.
CREATE TABLE process_report (
  owner     text PRIMARY KEY,
  script    text NOT NULL,
  at        timestamptz NOT NULL DEFAULT now(),
  peak_rss_bytes bigint NOT NULL,
  detail    jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE lag_sample (
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  seconds    double precision NOT NULL,
  operations bigint NOT NULL
);
