-- The bytes of conflicts are kept in quarantine: one word for it, here as everywhere.
ALTER TABLE conflict RENAME COLUMN aside_bucket TO quarantine_bucket;
ALTER TABLE conflict RENAME COLUMN aside_key TO quarantine_key;
