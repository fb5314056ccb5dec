-- Rule publication_exposes_rows: a publication sends every row of a table with row security.
SET client_min_messages = error;
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE SCHEMA app;
CREATE SCHEMA other;
CREATE TABLE app."T'1" (id int PRIMARY KEY, open boolean NOT NULL);
CREATE TABLE app.plain (id int PRIMARY KEY);
CREATE TABLE app.parent (id int NOT NULL) PARTITION BY LIST (id);
CREATE TABLE app.middle PARTITION OF app.parent FOR VALUES IN (1, 2) PARTITION BY LIST (id);
CREATE TABLE app.leaf PARTITION OF app.middle FOR VALUES IN (1);
CREATE TABLE other.leaf PARTITION OF app.middle FOR VALUES IN (2);
CREATE UNLOGGED TABLE app.unlogged (id int);
CREATE TABLE app.child () INHERITS (app.plain);
ALTER TABLE app."T'1" ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.unlogged ENABLE ROW LEVEL SECURITY;
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, message, detail, fix FROM rls.audit('{app}', '{publication_exposes_rows}');

CREATE FUNCTION pg_temp.try(setup text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
BEGIN
    EXECUTE setup;
    SELECT string_agg(concat_ws(' ', object_name, detail -> 'publications'), '; ') INTO verdict FROM pg_temp.found;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = coalesce(verdict, '-');
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
SELECT setup, pg_temp.try(setup) FROM (VALUES
  -- Near misses.
  ('SELECT'), ('CREATE PUBLICATION p'), ('CREATE PUBLICATION p FOR TABLE app.plain'),
  ('CREATE PUBLICATION p FOR TABLE app."T''1" WHERE (open)'),
  ('CREATE PUBLICATION p FOR TABLES IN SCHEMA other'),
  -- However it is published.
  ('CREATE PUBLICATION p FOR TABLE app."T''1"'),
  ('CREATE PUBLICATION p FOR TABLE app."T''1" (id)'),
  ('CREATE PUBLICATION p FOR ALL TABLES'),
  ('CREATE PUBLICATION p FOR TABLES IN SCHEMA app'),
  ('CREATE PUBLICATION p FOR TABLE app."T''1" WHERE (true)'),
  ('CREATE PUBLICATION p FOR TABLE app."T''1" WHERE (open OR NOT open)'),
  ('CREATE PUBLICATION p FOR TABLE app."T''1" WHERE (open), TABLES IN SCHEMA app'),
  ('CREATE PUBLICATION p FOR TABLE app."T''1" WHERE (open); CREATE PUBLICATION "Q" FOR TABLE app."T''1"'),
  ('CREATE PUBLICATION p FOR TABLE app."T''1" WITH (publish = ''delete'')'),
  -- Partitions go out with their partitioned table, and the table by its partitions.
  ('ALTER TABLE app.parent ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLE app.parent'),
  ('ALTER TABLE app.parent ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLE app.parent WITH (publish_via_partition_root)'),
  ('ALTER TABLE app.parent ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLE app.parent WHERE (id > 1) WITH (publish_via_partition_root)'),
  ('ALTER TABLE app.parent ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLE app.leaf'),
  ('ALTER TABLE app.parent ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLE app.leaf WHERE (id > 1)'),
  ('ALTER TABLE app.parent ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLES IN SCHEMA other'),
  ('ALTER TABLE app.leaf ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLE app.parent'),
  ('ALTER TABLE app.leaf ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLE app.parent WHERE (id > 1) WITH (publish_via_partition_root)'),
  ('ALTER TABLE app.leaf ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLE app.leaf WHERE (id > 1), app.parent WITH (publish_via_partition_root)'),
  ('ALTER TABLE app.leaf ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLE app.leaf WHERE (id > 1), app.parent'),
  ('ALTER TABLE app.parent ENABLE ROW LEVEL SECURITY; ALTER TABLE app.leaf ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLE app.leaf'),
  -- A child by inheritance goes out by its own name alone.
  ('ALTER TABLE app.child ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLE ONLY app.plain'),
  ('ALTER TABLE app.child ENABLE ROW LEVEL SECURITY; CREATE PUBLICATION p FOR TABLE app.plain')) c(setup);
CREATE PUBLICATION p FOR TABLE app."T'1";
SELECT * FROM pg_temp.found;
ROLLBACK;
