-- Who owns and who logs in. Applied as the administrator, in any database, as often as one likes.
--
-- Owners own databases and schemas and log in nowhere. Users log in, on AWS by a token of IAM: that is what
-- membership in rds_iam means. The administrator becomes a member of the owners, which it must be to give
-- them databases, but is made a member of no user: a member of a member of rds_iam is one itself, and RDS
-- then takes its password no more.
DO $$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT * FROM (VALUES
      ('ledger_owner', 'NOLOGIN'),
      ('food_owner',   'NOLOGIN'),
      ('storage_move', 'LOGIN'),     -- the migration: steps, workers, capture
      ('storage_food', 'LOGIN')      -- the applications, and workers that listen to Ceph
    ) AS listed (name, attribute)
  LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name) THEN
      EXECUTE format('CREATE ROLE %I %s', wanted.name, wanted.attribute);
    END IF;
    IF wanted.attribute = 'LOGIN' THEN
      EXECUTE format('GRANT rds_iam TO %I', wanted.name);
    ELSE
      EXECUTE format('GRANT %I TO CURRENT_USER', wanted.name);
    END IF;
  END LOOP;
END
$$;

-- The migration keeps its own schema: it makes partitions and drops them.
GRANT ledger_owner TO storage_move;
