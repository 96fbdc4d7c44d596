-- When a client's write or delete of the key was let pass: from then on S3's object is served to nobody. Whether
-- it came through shows on Ceph once the longest request is over; if it did not, the key goes back on the list.
ALTER TABLE pending_key ADD COLUMN taken_at timestamptz;
