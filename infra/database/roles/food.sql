-- Who may do what in the food database: the user reads and writes rows and calls functions, and changes no
-- schema. Applied in that database as the administrator, as often as one likes.
DO $$
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO storage_food', current_database());
END
$$;

GRANT USAGE ON SCHEMA public TO storage_food;
-- What migrations will make.
ALTER DEFAULT PRIVILEGES FOR ROLE food_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO storage_food;
ALTER DEFAULT PRIVILEGES FOR ROLE food_owner IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO storage_food;
ALTER DEFAULT PRIVILEGES FOR ROLE food_owner
  REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE food_owner IN SCHEMA public
  GRANT EXECUTE ON FUNCTIONS TO storage_food;
