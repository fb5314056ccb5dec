-- Rule foreign_key_unindexed: no index serves the columns of a foreign key.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE TABLE app.authors (id bigint PRIMARY KEY, org int, name text, UNIQUE (org, id), UNIQUE (name));
CREATE TABLE app."No tes" (id int PRIMARY KEY, "Author" int REFERENCES app.authors, org int, author bigint, by_name varchar,
  CONSTRAINT pair FOREIGN KEY (org, author) REFERENCES app.authors (org, id), parent int REFERENCES app."No tes");
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, columns, message, detail, fix, fingerprint FROM rls.audit('{app}', '{foreign_key_unindexed}');
SELECT level, object_name, columns, message, detail, fix FROM pg_temp.found;
-- Several findings of one table are several.
SELECT count(DISTINCT fingerprint) FROM pg_temp.found;
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
DROP TABLE app."No tes";
CREATE TABLE app.t (id int PRIMARY KEY, org int, author bigint, by_name text COLLATE "C" REFERENCES app.authors (name),
  CONSTRAINT pair FOREIGN KEY (org, author) REFERENCES app.authors (org, id) NOT VALID);
CREATE FUNCTION pg_temp.try(VARIADIC definitions text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
    definition text;
BEGIN
    FOREACH definition IN ARRAY definitions LOOP
        EXECUTE definition;
    END LOOP;
    SELECT string_agg(object_name || ' ' || (detail ->> 'constraint'), ', ') INTO verdict FROM pg_temp.found;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = coalesce(verdict, '-');
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
SELECT definition, pg_temp.try(definition) AS unserved FROM (VALUES
  ('SELECT'), ('CREATE INDEX ON app.t (org, author)'), ('CREATE INDEX ON app.t (author, org, id)'),
  ('CREATE UNIQUE INDEX ON app.t (author, org) INCLUDE (id)'), ('CREATE INDEX ON app.t (by_name)'),
  ('CREATE INDEX ON app.t USING hash (by_name)'), ('CREATE INDEX ON app.t (by_name DESC, id)'),
  -- None of these serves.
  ('CREATE INDEX ON app.t (org)'), ('CREATE INDEX ON app.t (org, id, author)'), ('CREATE INDEX ON app.t (org) INCLUDE (author)'),
  ('CREATE INDEX ON app.t (org, author) WHERE org IS NOT NULL'), ('CREATE INDEX ON app.t ((by_name || ''''))'),
  ('CREATE INDEX ON app.t USING brin (org, author)'), ('CREATE INDEX ON app.t (by_name COLLATE "POSIX")'),
  ('CREATE INDEX unready ON app.t (org, author); UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''app.unready''::regclass'))
  d(definition);
-- Partitioned tables: once, for the parent.
CREATE TABLE app.parted (id int, author bigint REFERENCES app.authors) PARTITION BY LIST (id);
CREATE TABLE app.part PARTITION OF app.parted FOR VALUES IN (1);
SELECT pg_temp.try('DROP TABLE app.t');
SELECT pg_temp.try('DROP TABLE app.t', 'CREATE INDEX ON app.parted (author)');
SELECT pg_temp.try('DROP TABLE app.t', 'CREATE INDEX ON app.part (author)');
ROLLBACK;
