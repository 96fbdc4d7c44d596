-- Who may do what in the ledger. Applied in that database as the administrator, as often as one likes.
DO $$
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO storage_move', current_database());
  -- What it makes belongs to the owner, whoever applied the migration before.
  EXECUTE format('ALTER ROLE storage_move IN DATABASE %I SET role = %L', current_database(), 'ledger_owner');
END
$$;
