-- rls.column_guard(): columns that not everybody who may write a row may change.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE ROLE regress_owner;
CREATE ROLE regress_support;
CREATE ROLE regress_bypass BYPASSRLS;
GRANT USAGE ON SCHEMA app TO authenticated, regress_owner, regress_support, regress_bypass;
GRANT CREATE ON SCHEMA app TO regress_owner;
CREATE FUNCTION pg_temp.become(letter text) RETURNS void LANGUAGE sql AS $$
  SELECT set_config('request.jwt.claims',
    CASE WHEN letter <> '' THEN '{"sub": "00000000-0000-4000-8000-00000000000' || letter || '"}' ELSE '' END, true)
$$;
CREATE TABLE app.posts (id int PRIMARY KEY, author_id uuid, slug text, approved_by text, price numeric, place point, body json);
ALTER TABLE app.posts OWNER TO regress_owner;
GRANT SELECT, INSERT, UPDATE ON app.posts TO authenticated, regress_support, regress_bypass;
INSERT INTO app.posts VALUES (1, '00000000-0000-4000-8000-00000000000a', NULL, NULL, 1.0, '(1,2)', '{"a":1}'), (2, '00000000-0000-4000-8000-00000000000b', 'two', NULL, 2, NULL, NULL);
SELECT kind, object, action, sql FROM rls.column_guard('app.posts', '{id,author_id,id}', 'immutable', dry_run => true);
SELECT step, kind, object, action FROM rls.column_guard('app.posts', '{id,author_id}', 'immutable');
SELECT step, kind, object, action, sql FROM rls.column_guard('app.posts', '{id,author_id}', 'immutable');
-- Another rule stands beside it, and each goes by its rule.
SELECT kind, object, action FROM rls.column_guard('app.posts', '{slug}', 'set_once');
SELECT kind, object, action FROM rls.column_guard('app.posts', '{approved_by}', 'owner_only', owner_column => 'author_id');
SELECT set, kind, object, does FROM rls.managed;
SELECT relrowsecurity FROM pg_class WHERE oid = 'app.posts'::regclass;
-- Immutable binds everybody, superusers too; writing the same value is no change.
UPDATE app.posts SET author_id = author_id, id = id, price = 1.5 WHERE id = 1 RETURNING id;
UPDATE app.posts SET author_id = '00000000-0000-4000-8000-00000000000c' WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE regress_owner;
UPDATE app.posts SET author_id = NULL WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
INSERT INTO app.posts (id, author_id) VALUES (1, '00000000-0000-4000-8000-00000000000c') ON CONFLICT (id) DO UPDATE SET author_id = excluded.author_id;
\echo :LAST_ERROR_SQLSTATE
MERGE INTO app.posts p USING (VALUES (1)) AS s(id) ON p.id = s.id WHEN MATCHED THEN UPDATE SET id = 7;
\echo :LAST_ERROR_SQLSTATE
-- Whatever another trigger makes of the row before.
CREATE FUNCTION app.meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.author_id := NULL; RETURN NEW; END $$;
CREATE TRIGGER meddle BEFORE UPDATE ON app.posts FOR EACH ROW EXECUTE FUNCTION app.meddle();
UPDATE app.posts SET price = 3 WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
DROP TRIGGER meddle ON app.posts;
-- Set once: nothing becomes something, and stays it.
SET LOCAL ROLE authenticated;
SELECT pg_temp.become('a');
UPDATE app.posts SET slug = 'one' WHERE id = 1 RETURNING slug;
UPDATE app.posts SET slug = 'one' WHERE id = 1 RETURNING slug;
UPDATE app.posts SET slug = 'uno' WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
UPDATE app.posts SET slug = NULL WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
-- Owner only: the owner of the row, by the claims, and whomever row security does not bind.
UPDATE app.posts SET approved_by = 'a' WHERE id = 1 RETURNING approved_by;
UPDATE app.posts SET approved_by = 'a' WHERE id = 2;
\echo :LAST_ERROR_SQLSTATE
UPDATE app.posts SET price = 4 WHERE id = 2 RETURNING price;
SELECT pg_temp.become('');
UPDATE app.posts SET approved_by = 'nobody' WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE regress_owner;
UPDATE app.posts SET approved_by = 'table owner' WHERE id = 1 RETURNING approved_by;
SET LOCAL ROLE regress_bypass;
UPDATE app.posts SET approved_by = 'service' WHERE id = 1 RETURNING approved_by;
SET LOCAL ROLE regress_support;
UPDATE app.posts SET approved_by = 'support' WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- Changed: the owner of the table bound, too, and support let through.
SELECT kind, object, action FROM rls.column_guard('app.posts', '{approved_by}', 'owner_only', owner_column => 'author_id', exempt => '{regress_support}', force => true);
SET LOCAL ROLE regress_owner;
UPDATE app.posts SET approved_by = 'table owner' WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
SET LOCAL ROLE regress_support;
UPDATE app.posts SET approved_by = 'support' WHERE id = 1 RETURNING approved_by;
RESET ROLE;
-- What the caller's search_path or temporary objects hold decides nothing.
SET LOCAL ROLE authenticated;
SELECT pg_temp.become('b');
CREATE TEMP TABLE pg_roles AS SELECT 'authenticated'::name AS rolname, true AS rolsuper, true AS rolbypassrls;
CREATE FUNCTION pg_temp.always(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR pg_temp.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pg_temp.always);
SET LOCAL search_path = pg_temp, pg_catalog;
UPDATE app.posts SET approved_by = 'b' WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
RESET search_path;
RESET ROLE;
-- Types without an equality, and one that calls equal what is not the same.
SELECT count(*) FROM rls.column_guard('app.posts', '{place,body,price}', 'immutable', name => 'facts');
UPDATE app.posts SET place = '(1,2)', body = '{"a":1}', price = 1.5 WHERE id = 1 RETURNING id;
UPDATE app.posts SET body = '{"a": 1}' WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
UPDATE app.posts SET place = '(1,3)' WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
UPDATE app.posts SET place = '(1,3)' WHERE id = 2;
\echo :LAST_ERROR_SQLSTATE
UPDATE app.posts SET price = 1.50 WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE
-- The function is spared where nothing changes: by equality where equal is same, by type and collation; a domain is as its type.
CREATE COLLATION app.no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN app.key AS uuid;
CREATE TABLE app.types (a int, b text, c text COLLATE app.no_case, d jsonb, e numeric, f app.key, g point, h float8, i varchar(9), j char(3), k int[], l timestamptz);
SELECT "column", substring(sql FROM 'WHEN [^\n]*') AS "when"
FROM unnest('{a,b,c,d,e,f,g,h,i,j,k,l}'::name[]) AS "column", rls.column_guard('app.types', ARRAY["column"], 'immutable', dry_run => true) WHERE kind = 'trigger';
SELECT substring(sql FROM 'WHEN [^\n]*') AS "when" FROM rls.column_guard('app.types', '{a,b}', 'set_once', dry_run => true) WHERE kind = 'trigger';
SELECT count(*) FROM rls.column_guard('app.types', '{a,c,g}', 'set_once');
SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'app.types'::regclass;
SELECT count(*) FROM rls.revert('app.types', 'types_column_guard_set_once');
INSERT INTO app.types (b, c) VALUES ('x', 'x');
SELECT count(*) FROM rls.column_guard('app.types', '{c}', 'immutable');
UPDATE app.types SET c = 'X';
\echo :LAST_ERROR_SQLSTATE
-- What an error carries.
DO $$
DECLARE s text; t text; c text; k text;
BEGIN
  UPDATE app.posts SET id = 9 WHERE id = 1;
EXCEPTION WHEN check_violation THEN
  GET STACKED DIAGNOSTICS s = SCHEMA_NAME, t = TABLE_NAME, c = COLUMN_NAME, k = CONSTRAINT_NAME;
  RAISE NOTICE '% % % %', s, t, c, k;
END $$;
-- Switched off or edited it is drift, and mended; reverted, nothing is left.
ALTER TABLE app.posts DISABLE TRIGGER zz_facts_guard;
CREATE OR REPLACE FUNCTION app.posts_column_guard_set_once_guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
SELECT set, kind, object, what FROM rls.drift();
SELECT kind, object, action FROM rls.column_guard('app.posts', '{place,body,price}', 'immutable', name => 'facts') WHERE action <> 'unchanged';
SELECT * FROM rls.column_guard('app.posts', '{slug}', 'set_once');
\echo :LAST_ERROR_SQLSTATE
SELECT kind, object, action FROM rls.column_guard('app.posts', '{slug}', 'set_once', overwrite => true) WHERE action <> 'unchanged';
SELECT * FROM rls.drift();
-- A trigger replaced by hand: another condition, other columns, another function, another time.
SAVEPOINT made;
CREATE OR REPLACE TRIGGER zz_facts_guard BEFORE UPDATE ON app.posts FOR EACH ROW WHEN (false) EXECUTE FUNCTION app.facts_guard();
SELECT kind, object, what FROM rls.drift();
SELECT * FROM rls.column_guard('app.posts', '{place,body,price}', 'immutable', name => 'facts');
\echo :LAST_ERROR_SQLSTATE
SELECT kind, object, action FROM rls.column_guard('app.posts', '{place,body,price}', 'immutable', name => 'facts', overwrite => true);
SELECT * FROM rls.drift();
CREATE OR REPLACE TRIGGER zz_facts_guard BEFORE UPDATE OF price ON app.posts FOR EACH ROW WHEN (pg_catalog.record_image_ne(ROW(OLD.place), ROW(NEW.place)) OR pg_catalog.record_image_ne(ROW(OLD.body), ROW(NEW.body)) OR pg_catalog.record_image_ne(ROW(OLD.price), ROW(NEW.price))) EXECUTE FUNCTION app.facts_guard();
SELECT kind, object, what FROM rls.drift();
ROLLBACK TO made;
CREATE OR REPLACE TRIGGER zz_facts_guard BEFORE UPDATE ON app.posts FOR EACH ROW WHEN (((record_image_ne(ROW(OLD.place), ROW(NEW.place)) OR record_image_ne(ROW(OLD.body), ROW(NEW.body)) OR record_image_ne(ROW(OLD.price), ROW(NEW.price))))) EXECUTE FUNCTION app.facts_guard();
SELECT count(*) AS the_same_in_other_words FROM rls.drift();
CREATE OR REPLACE TRIGGER zz_facts_guard AFTER UPDATE ON app.posts FOR EACH ROW WHEN (record_image_ne(ROW(OLD.place), ROW(NEW.place)) OR record_image_ne(ROW(OLD.body), ROW(NEW.body)) OR record_image_ne(ROW(OLD.price), ROW(NEW.price))) EXECUTE FUNCTION app.facts_guard();
SELECT kind, object, what FROM rls.drift();
ROLLBACK TO made;
CREATE OR REPLACE TRIGGER zz_facts_guard BEFORE UPDATE ON app.posts FOR EACH ROW WHEN (record_image_ne(ROW(OLD.place), ROW(NEW.place)) OR record_image_ne(ROW(OLD.body), ROW(NEW.body)) OR record_image_ne(ROW(OLD.price), ROW(NEW.price))) EXECUTE FUNCTION suppress_redundant_updates_trigger();
SELECT kind, object, what FROM rls.drift();
ROLLBACK TO made;
-- Tables and schemas may be called otherwise; a column that is shows.
ALTER SCHEMA app RENAME TO other;
ALTER TABLE other.posts RENAME TO articles;
SELECT count(*) FROM rls.drift();
ALTER TABLE other.articles RENAME place TO location;
SELECT kind, what FROM rls.drift();
ROLLBACK TO made;
SELECT proname, prosecdef, proconfig, has_function_privilege('authenticated', oid, 'EXECUTE') AS for_anybody FROM pg_proc WHERE proname LIKE '%\_guard' ORDER BY proname;
SELECT rls.revert("table"::regclass, set) IS NOT NULL AS reverted FROM (SELECT DISTINCT "table", set FROM rls.managed) AS sets;
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'app.posts'::regclass AND NOT tgisinternal;
SELECT count(*) FROM pg_proc WHERE proname LIKE '%\_guard';
-- A text or number as owner; for another server.
CREATE TABLE app.notes (owner text, seat bigint, title text);
INSERT INTO app.notes VALUES ('00000000-0000-4000-8000-00000000000a', 1, 'x');
GRANT SELECT, UPDATE ON app.notes TO authenticated;
SELECT count(*) FROM rls.column_guard('app.notes', '{title}', 'owner_only', owner_column => 'owner');
SET LOCAL ROLE authenticated;
SELECT pg_temp.become('b');
UPDATE app.notes SET title = 'y';
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.become('a');
UPDATE app.notes SET title = 'y' RETURNING title;
RESET ROLE;
SELECT sql FROM rls.column_guard('app.notes', '{title}', 'owner_only', owner_column => 'seat', dry_run => true, standalone => true) WHERE kind = 'function';
-- Partitioned tables: a row that moves is guarded where it was.
CREATE TABLE app.events (id int, at int, what text) PARTITION BY RANGE (at);
CREATE TABLE app.events_1 PARTITION OF app.events FOR VALUES FROM (0) TO (10);
INSERT INTO app.events VALUES (1, 1, 'x');
SELECT kind, object, action FROM rls.column_guard('app.events', '{id}', 'immutable');
CREATE TABLE app.events_2 PARTITION OF app.events FOR VALUES FROM (10) TO (20);
UPDATE app.events SET at = 11, id = 2;
\echo :LAST_ERROR_SQLSTATE
UPDATE app.events_1 SET id = 2;
\echo :LAST_ERROR_SQLSTATE
UPDATE app.events SET at = 11 RETURNING id, at;
UPDATE app.events SET id = 2;
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE app.events_2 DISABLE TRIGGER zz_events_column_guard_immutable_guard;
SELECT kind, object, what FROM rls.drift();
SELECT kind, action FROM rls.column_guard('app.events', '{id}', 'immutable') WHERE action <> 'unchanged';
SELECT * FROM rls.drift();
UPDATE app.events SET id = 2;
\echo :LAST_ERROR_SQLSTATE
-- A foreign key changes nothing that is guarded, either.
CREATE TABLE app.people (id int PRIMARY KEY);
CREATE TABLE app.letters (id int, writer int REFERENCES app.people ON DELETE SET NULL);
INSERT INTO app.people VALUES (1);
INSERT INTO app.letters VALUES (1, 1);
SELECT count(*) FROM rls.column_guard('app.letters', '{writer}', 'immutable');
DELETE FROM app.people;
\echo :LAST_ERROR_SQLSTATE
-- Tables that inherit have triggers of their own, and would be a way round.
CREATE TABLE app.parent (id int);
CREATE TABLE app.child () INHERITS (app.parent);
SELECT * FROM rls.column_guard('app.parent', '{id}', 'immutable');
\echo :LAST_ERROR_SQLSTATE
-- Refusals.
CREATE TABLE app.plain (id int, twice int GENERATED ALWAYS AS (id * 2) STORED, note jsonb);
SELECT * FROM rls.column_guard('app.plain', '{nothing}', 'immutable');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.column_guard('app.plain', '{twice}', 'immutable');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.column_guard('app.plain', '{xmin}', 'immutable');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.column_guard('app.plain', '{}', 'immutable');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.column_guard('app.plain', '{id}', 'frozen');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.column_guard('app.plain', '{id}', 'owner_only');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.column_guard('app.plain', '{id}', 'immutable', owner_column => 'id');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.column_guard('app.plain', '{id}', 'owner_only', owner_column => 'note');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.column_guard('app.plain', '{id}', 'immutable', exempt => '{regress_nobody}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.column_guard('app.plain', NULL, 'immutable');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.column_guard('app.plain', '{id,NULL}', 'immutable');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.column_guard('app.plain', '{id}', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.column_guard('app.plain', '{id}', 'immutable', exempt => NULL);
\echo :LAST_ERROR_SQLSTATE
CREATE VIEW app.view AS SELECT 1 AS id;
SELECT * FROM rls.column_guard('app.view', '{id}', 'immutable');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.grant_to('regress_owner', 'migrate');
SET LOCAL ROLE regress_owner;
SELECT * FROM rls.column_guard('app.plain', '{id}', 'immutable');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
CREATE TRIGGER zz_plain_column_guard_immutable_guard BEFORE UPDATE ON app.plain FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
SELECT * FROM rls.column_guard('app.plain', '{id}', 'immutable');
\echo :LAST_ERROR_SQLSTATE
-- A function belongs to the set of one table: another set of its name, on a table beside, would let go of the first.
CREATE TABLE app.one (x int, y int);
CREATE TABLE app.two (x int, y int);
INSERT INTO app.one VALUES (1, 1);
SELECT count(*) FROM rls.column_guard('app.one', '{x}', 'immutable', name => 'guard');
SELECT * FROM rls.column_guard('app.two', '{y}', 'immutable', name => 'guard');
\echo :LAST_ERROR_SQLSTATE
UPDATE app.one SET x = 2;
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM rls.revert('app.one', 'guard');
SELECT * FROM rls.apply('{"tables": {"app.one": {"column_guard": {"columns": ["x"], "rule": "immutable", "name": "guard"}}, "app.two": {"column_guard": {"columns": ["y"], "rule": "immutable", "name": "guard"}}}}');
\echo :LAST_ERROR_SQLSTATE
-- Nor is one taken for it whose owner could replace what runs later, whatever he wrote into its comment.
GRANT CREATE ON SCHEMA app TO regress_support;
SET LOCAL ROLE regress_support;
CREATE FUNCTION app.one_column_guard_immutable_guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
COMMENT ON FUNCTION app.one_column_guard_immutable_guard() IS 'rowguard:managed {"template":"column_guard","name":"one_column_guard_immutable","does":"","by":"x","table":"app.one"}';
RESET ROLE;
SELECT * FROM rls.column_guard('app.one', '{x}', 'immutable', overwrite => true);
\echo :LAST_ERROR_SQLSTATE
DROP FUNCTION app.one_column_guard_immutable_guard();
-- Called again after columns, table and schema were renamed, it guards by the names of today; reverted, nothing is left.
SELECT count(*) FROM rls.column_guard('app.one', '{x}', 'immutable', name => 'guard');
ALTER TABLE app.one RENAME x TO z;
SELECT kind, object, action FROM rls.column_guard('app.one', '{z}', 'immutable', name => 'guard');
UPDATE app.one SET z = 2;
\echo :LAST_ERROR_SQLSTATE
ALTER FUNCTION app.guard_guard() RENAME TO elsewhere;
SELECT kind, object, action FROM rls.column_guard('app.one', '{z}', 'immutable', name => 'guard');
SELECT DISTINCT action FROM rls.column_guard('app.one', '{z}', 'immutable', name => 'guard');
ALTER TABLE app.one RENAME TO uno;
SELECT "table", kind FROM rls.managed WHERE set = 'guard';
ALTER SCHEMA app RENAME TO other;
SELECT kind, object, action FROM rls.revert('other.uno', 'guard');
SELECT count(*) AS left_over FROM rls.managed WHERE set = 'guard';
ALTER SCHEMA other RENAME TO app;
-- PUBLIC is no role that anybody is a member of.
SELECT * FROM rls.column_guard('app.two', '{x}', 'immutable', exempt => '{public}');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
