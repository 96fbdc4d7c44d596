-- Replay takes the oldest open operations first: without this it would read all that are open to find them.
CREATE INDEX operation_waiting ON operation (position) INCLUDE (move, key) WHERE retired_at IS NULL;
