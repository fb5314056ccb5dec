-- Generated policies and indexes: of 100,000 rows a query reads those that the caller sees.
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated, anon;
CREATE FUNCTION pg_temp.id(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE TABLE app.items (id int, owner uuid NOT NULL, editor text, seat bigint, tenant uuid, published boolean, deleted_at timestamptz, valid_from timestamptz, valid_until timestamptz);
-- A hundred rows for each of a thousand owners and tenants; one row in a thousand is published.
INSERT INTO app.items SELECT n, pg_temp.id(n % 1000), pg_temp.id(n % 1000)::text, n % 1000, pg_temp.id(n % 1000), n % 1000 = 3 FROM generate_series(1, 100000) AS n;
GRANT SELECT, UPDATE, DELETE ON app.items TO authenticated, anon;
ANALYZE app.items;
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-000000000007", "aal": "aal2", "role": "authenticated", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-000000000007", "roles": ["reader"]}}';
-- The indexes in the plan, whether the table is read whole, and how many rows come out.
CREATE FUNCTION pg_temp.reads(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  plan text := ''; line text; found bigint;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
    plan := plan || line || E'\n';
  END LOOP;
  IF statement LIKE 'SELECT%' THEN
    EXECUTE 'SELECT count(*) FROM (' || statement || ') AS q' INTO found;
  END IF;
  RETURN concat_ws(', ',
    (SELECT string_agg(DISTINCT m[1], ' and ' ORDER BY m[1]) FROM regexp_matches(plan, '(?:using|Scan on) (\w+_idx)', 'g') AS m),
    CASE WHEN plan LIKE '%Seq Scan%' THEN 'whole table' END,
    found || ' rows');
END $$;
-- The owner's rows, by each type of identity, and by any of two columns.
SAVEPOINT fresh;
SELECT count(*) FROM rls.owner_access('app.items', 'owner');
SET LOCAL ROLE authenticated;
SELECT pg_temp.reads('SELECT * FROM app.items') AS "select", pg_temp.reads('UPDATE app.items SET published = true') AS "update", pg_temp.reads('DELETE FROM app.items') AS "delete";
ROLLBACK TO fresh;
SELECT count(*) FROM rls.owner_access('app.items', 'editor');
SET LOCAL ROLE authenticated;
SELECT pg_temp.reads('SELECT * FROM app.items');
ROLLBACK TO fresh;
INSERT INTO app.items SELECT 100000 + n, pg_temp.id(n), NULL, n FROM generate_series(1, 10) AS n;
SELECT count(*) FROM rls.owner_access('app.items', 'seat');
SET LOCAL request.jwt.claims = '{"sub": "7"}';
SET LOCAL ROLE authenticated;
SELECT pg_temp.reads('SELECT * FROM app.items');
ROLLBACK TO fresh;
SELECT count(*) FROM rls.owner_access('app.items', owner_columns => '{owner,editor}');
SET LOCAL ROLE authenticated;
SELECT pg_temp.reads('SELECT * FROM app.items');
ROLLBACK TO fresh;
-- As generated for another server, and run here.
SELECT sql FROM rls.owner_access('app.items', 'owner', commands => '{select}', dry_run => true, standalone => true) \gexec
SET LOCAL ROLE authenticated;
SELECT pg_temp.reads('SELECT * FROM app.items');
ROLLBACK TO fresh;
-- A claim decides for the whole table: there is nothing to look up.
SELECT count(*) FROM rls.claim_access('app.items', '{app_metadata,roles}', '{writer}');
SET LOCAL ROLE authenticated;
SELECT pg_temp.reads('SELECT * FROM app.items');
ROLLBACK TO fresh;
-- Published rows or the author's: an index for the author, and one of the table's for what is published.
CREATE INDEX items_published_idx ON app.items (published) WHERE published;
SELECT count(*) FROM rls.public_read('app.items', 'owner', 'published');
SET LOCAL ROLE authenticated;
SELECT pg_temp.reads('SELECT * FROM app.items') AS "select", pg_temp.reads('DELETE FROM app.items') AS "delete";
ROLLBACK TO fresh;
SELECT count(*) FROM rls.public_read('app.items', 'owner');
SET LOCAL ROLE authenticated;
SELECT pg_temp.reads('UPDATE app.items SET published = true') AS "update";
ROLLBACK TO fresh;
-- Floors: the tenant's index on top of a policy that admits everybody, and the owner's below each other floor.
CREATE POLICY everybody ON app.items TO authenticated USING (true);
SELECT count(*) FROM rls.tenant_isolation('app.items', 'tenant');
SET LOCAL ROLE authenticated;
SELECT pg_temp.reads('SELECT * FROM app.items') AS "select", pg_temp.reads('UPDATE app.items SET published = true') AS "update", pg_temp.reads('DELETE FROM app.items') AS "delete";
ROLLBACK TO fresh;
SELECT count(*) FROM rls.owner_access('app.items', 'owner');
SELECT count(*) FROM rls.soft_delete('app.items');
SET LOCAL ROLE authenticated;
SELECT pg_temp.reads('SELECT * FROM app.items') AS "select", pg_temp.reads('UPDATE app.items SET deleted_at = now()') AS "update";
RESET ROLE;
SELECT count(*) FROM rls.time_window('app.items');
SELECT count(*) FROM rls.mfa_required('app.items');
SELECT count(*) FROM rls.column_guard('app.items', '{owner}', 'immutable');
SET LOCAL ROLE authenticated;
SELECT pg_temp.reads('SELECT * FROM app.items') AS "select", pg_temp.reads('UPDATE app.items SET deleted_at = now()') AS "update";
ROLLBACK TO fresh;
-- Conditions of one's own, and a view over them.
SELECT count(*) FROM rls.custom('app.items', 'tenant = auth.tenant_id() AND (published OR owner = auth.uid())');
CREATE VIEW app.shown AS SELECT id, owner FROM app.items;
GRANT SELECT ON app.shown TO authenticated;
SELECT count(*) FROM rls.secure_view('app.shown');
SET LOCAL ROLE authenticated;
SELECT pg_temp.reads('SELECT * FROM app.items') AS "table", pg_temp.reads('SELECT * FROM app.shown') AS "view";
ROLLBACK TO fresh;
-- A partial index that serves is the one that is used.
CREATE INDEX items_known_idx ON app.items (tenant) WHERE tenant IS NOT NULL;
SELECT object, action FROM rls.owner_access('app.items', 'tenant') WHERE kind = 'index';
SET LOCAL ROLE authenticated;
SELECT pg_temp.reads('SELECT * FROM app.items');
ROLLBACK;
