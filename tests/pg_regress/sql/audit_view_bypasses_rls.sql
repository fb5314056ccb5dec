-- Rule view_bypasses_rls: a view shows rows that policies hide.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles

CREATE SCHEMA app;
CREATE SCHEMA hidden;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE ROLE regress_owner;
CREATE ROLE regress_bound;
CREATE ROLE regress_bypass BYPASSRLS;
CREATE ROLE regress_group;
GRANT ALL ON SCHEMA app, hidden TO regress_owner, regress_bound, regress_bypass;
CREATE TABLE app.t (id int PRIMARY KEY, owner name);
CREATE TABLE app.plain (id int);
CREATE TABLE app.log (id int);
ALTER TABLE app.t OWNER TO regress_owner;
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.t USING (owner = current_user);
INSERT INTO app.t VALUES (1, 'anon'), (2, 'somebody');
INSERT INTO app.plain VALUES (1);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.t TO PUBLIC;
GRANT SELECT ON app.plain TO PUBLIC;
CREATE VIEW pg_temp.found AS
  SELECT level, schema_name, object_name, object_kind, message, detail, fix FROM rls.audit('{app,hidden}', '{view_bypasses_rls}');

-- One finding: what anon sees before and after the printed fix.
CREATE VIEW app."All" AS SELECT * FROM app.t;
SELECT * FROM pg_temp.found;
GRANT SELECT ON app."All" TO anon;
SELECT * FROM pg_temp.found;
SET ROLE anon;
SELECT count(*) FROM app."All";
RESET ROLE;
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
SET ROLE anon;
SELECT count(*) FROM app."All";
RESET ROLE;
DROP VIEW app."All";

-- Each case: what the audit finds, and whether anon can see or touch a row that is not its own.
CREATE FUNCTION pg_temp.try(setup text, attack text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
    leaked text;
BEGIN
    BEGIN
        EXECUTE setup;
        SELECT coalesce(string_agg(object_name, ', '), '-') INTO verdict FROM pg_temp.found;
        BEGIN
            SET LOCAL ROLE anon;
            EXECUTE attack;
            GET DIAGNOSTICS leaked = ROW_COUNT;
            leaked := (leaked::int > 0)::text;
        EXCEPTION WHEN insufficient_privilege OR object_not_in_prerequisite_state THEN
            leaked := 'refused';
        END;
        RESET ROLE;
        RAISE EXCEPTION USING ERRCODE = 'RG001';
    EXCEPTION WHEN SQLSTATE 'RG001' THEN
    END;
    RETURN format('found %s; leaks %s', verdict, leaked);
END $$;
SELECT setup, pg_temp.try(setup || '; GRANT SELECT ON app.v TO anon', 'SELECT FROM app.v WHERE id = 2') AS result FROM (VALUES
  -- Owners that are exempt: a superuser, the table's owner, BYPASSRLS, a member of the owner.
  ('CREATE VIEW app.v AS SELECT * FROM app.t'),
  ('CREATE VIEW app.v AS SELECT * FROM app.t; ALTER VIEW app.v OWNER TO regress_owner'),
  ('CREATE VIEW app.v AS SELECT * FROM app.t; ALTER VIEW app.v OWNER TO regress_bypass'),
  ('CREATE VIEW app.v AS SELECT * FROM app.t; GRANT regress_owner TO regress_bound; ALTER VIEW app.v OWNER TO regress_bound'),
  -- And those that are not: others, the owner where row security is forced, and one without the privilege.
  ('CREATE VIEW app.v AS SELECT * FROM app.t; ALTER VIEW app.v OWNER TO regress_bound'),
  ('CREATE VIEW app.v AS SELECT * FROM app.t; ALTER VIEW app.v OWNER TO regress_owner; ALTER TABLE app.t FORCE ROW LEVEL SECURITY'),
  ('CREATE VIEW app.v AS SELECT * FROM app.t; ALTER VIEW app.v OWNER TO regress_bypass; ALTER TABLE app.t FORCE ROW LEVEL SECURITY'),
  ('CREATE VIEW app.v AS SELECT * FROM app.t; ALTER VIEW app.v OWNER TO regress_bypass; REVOKE ALL ON app.t FROM PUBLIC'),
  ('CREATE VIEW app.v AS SELECT * FROM app.t; ALTER ROLE regress_bound NOINHERIT; GRANT regress_owner TO regress_bound; ALTER VIEW app.v OWNER TO regress_bound'),
  -- security_invoker however it is spelled; security_barrier changes nothing.
  ('CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM app.t'),
  ('CREATE VIEW app.v WITH (security_invoker = on) AS SELECT * FROM app.t'),
  ('CREATE VIEW app.v WITH (security_invoker = 1) AS SELECT * FROM app.t'),
  ('CREATE VIEW app.v WITH (security_invoker = yes, security_barrier) AS SELECT * FROM app.t'),
  ('CREATE VIEW app.v WITH (security_invoker = ''TR'') AS SELECT * FROM app.t'),
  ('CREATE VIEW app.v WITH (security_invoker = false) AS SELECT * FROM app.t'),
  ('CREATE VIEW app.v WITH (security_invoker = off) AS SELECT * FROM app.t'),
  ('CREATE VIEW app.v WITH (security_barrier = true) AS SELECT * FROM app.t'),
  ('CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM app.t; ALTER VIEW app.v RESET (security_invoker)'),
  -- Wherever the table stands in the query.
  ('CREATE VIEW app.v AS SELECT p.id + 1 AS id FROM app.plain p WHERE EXISTS (SELECT FROM app.t WHERE t.id = 2)'),
  ('CREATE VIEW app.v AS SELECT (SELECT max(id) FROM app.t) AS id'),
  ('CREATE VIEW app.v AS WITH w AS (SELECT * FROM app.t) SELECT id FROM w'),
  ('CREATE VIEW app.v AS SELECT id FROM app.plain UNION ALL SELECT id FROM app.t'),
  ('CREATE VIEW app.v AS SELECT t.id FROM app.plain p RIGHT JOIN app.t ON t.id = p.id'),
  ('CREATE VIEW app.v AS SELECT x.id FROM app.plain, LATERAL (SELECT t.id FROM app.t WHERE t.id >= plain.id) x'),
  ('CREATE RECURSIVE VIEW app.v (id) AS SELECT id FROM app.t UNION SELECT id FROM v'),
  ('CREATE VIEW app.v AS SELECT 2 AS id FROM xmltable(''/a'' PASSING (SELECT xmlelement(name a) FROM app.t WHERE id = 2) COLUMNS x text PATH ''.'')'),
  -- No table with row security: not even one that is named without being read.
  ('CREATE VIEW app.v AS SELECT * FROM app.plain'),
  ('CREATE VIEW app.v AS SELECT 1 AS id WHERE ''app.t''::regclass IS NOT NULL'),
  ('CREATE VIEW app.v AS SELECT * FROM app.t; ALTER TABLE app.t DISABLE ROW LEVEL SECURITY'),
  -- Functions in a view run as the caller.
  ('CREATE FUNCTION app.f() RETURNS SETOF app.t LANGUAGE sql STABLE AS ''SELECT * FROM app.t''; CREATE VIEW app.v AS SELECT * FROM app.f()'),
  -- Views over views: the one at the bottom is read with the rights of its own owner.
  ('CREATE VIEW app.w AS SELECT * FROM app.t; CREATE VIEW app.v AS SELECT * FROM app.w'),
  ('CREATE VIEW app.w AS SELECT * FROM app.t; CREATE VIEW app.x AS SELECT * FROM app.w; CREATE VIEW app.v AS SELECT * FROM app.x'),
  ('CREATE VIEW app.w AS SELECT * FROM app.t; ALTER VIEW app.w OWNER TO regress_bound; CREATE VIEW app.v AS SELECT * FROM app.w'),
  ('CREATE VIEW app.w AS SELECT * FROM app.t; GRANT SELECT ON app.w TO regress_bound; CREATE VIEW app.v AS SELECT * FROM app.w; ALTER VIEW app.v OWNER TO regress_bound'),
  ('CREATE VIEW app.w WITH (security_invoker) AS SELECT * FROM app.t; CREATE VIEW app.v AS SELECT * FROM app.w'),
  ('CREATE VIEW app.w AS SELECT * FROM app.t; CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM app.w'),
  ('CREATE VIEW app.w AS SELECT * FROM app.t; GRANT SELECT ON app.w TO anon; CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM app.w'),
  ('CREATE VIEW hidden.w AS SELECT * FROM app.t; GRANT SELECT ON hidden.w TO anon; CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM hidden.w'),
  ('CREATE VIEW hidden.w AS SELECT * FROM app.t; CREATE VIEW hidden.x WITH (security_invoker) AS SELECT * FROM hidden.w; GRANT SELECT ON hidden.w, hidden.x TO anon; CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM hidden.x'),
  -- A materialized view is another rule's.
  ('CREATE MATERIALIZED VIEW app.m AS SELECT * FROM app.t; CREATE VIEW app.v AS SELECT * FROM app.m')) c(setup);

-- A partition or child by its own name, without row security: no policy is asked, whoever owns the view.
CREATE FUNCTION pg_temp.parts(kind text) RETURNS text LANGUAGE sql AS $$
  SELECT CASE kind WHEN 'partition' THEN 'CREATE TABLE app.p (id int, owner name) PARTITION BY LIST (id); CREATE TABLE app.p2 PARTITION OF app.p FOR VALUES IN (2); '
                   ELSE 'CREATE TABLE app.p (id int, owner name); CREATE TABLE app.p2 () INHERITS (app.p); ' END ||
    'ALTER TABLE app.p ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON app.p USING (owner = current_user); INSERT INTO app.p2 VALUES (2, ''somebody''); GRANT SELECT ON app.p, app.p2 TO regress_bound; '
$$;
SELECT kind, setup, pg_temp.try(pg_temp.parts(kind) || setup || '; GRANT SELECT ON app.v TO anon', 'SELECT FROM app.v WHERE id = 2') AS result FROM (VALUES
  ('partition', 'CREATE VIEW app.v AS SELECT * FROM app.p2; ALTER VIEW app.v OWNER TO regress_bound'),
  ('child', 'CREATE VIEW app.v AS SELECT * FROM app.p2; ALTER VIEW app.v OWNER TO regress_bound'),
  ('partition', 'CREATE VIEW app.w AS SELECT * FROM app.p2; CREATE VIEW app.v AS SELECT * FROM app.w'),
  ('partition', 'ALTER TABLE app.p2 ENABLE ROW LEVEL SECURITY; CREATE VIEW app.v AS SELECT * FROM app.p2; ALTER VIEW app.v OWNER TO regress_bound'),
  ('partition', 'ALTER TABLE app.p DISABLE ROW LEVEL SECURITY; CREATE VIEW app.v AS SELECT * FROM app.p2; ALTER VIEW app.v OWNER TO regress_bound'),
  ('partition', 'CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM app.p2'),
  ('partition', 'CREATE VIEW app.v AS SELECT * FROM app.p; ALTER VIEW app.v OWNER TO regress_bound')) c(kind, setup);

-- Who may use it: a column, everybody, members; not without USAGE, and not others.
SELECT setup, pg_temp.try('CREATE VIEW app.v AS SELECT * FROM app.t; ' || setup, 'SELECT id FROM app.v WHERE id = 2') AS result FROM (VALUES
  ('GRANT SELECT (id) ON app.v TO anon'), ('GRANT SELECT ON app.v TO PUBLIC'),
  ('GRANT SELECT ON app.v TO regress_group; GRANT regress_group TO anon'), ('GRANT SELECT ON app.v TO regress_group'),
  ('GRANT pg_read_all_data TO anon'), ('GRANT SELECT ON app.v TO anon; REVOKE USAGE ON SCHEMA app FROM PUBLIC'),
  ('GRANT TRIGGER, REFERENCES ON app.v TO anon'), ('SELECT')) c(setup);

-- Writing, without reading. A rule replaces the statement, or adds to it, with the owner's rights.
SELECT setup, attack, pg_temp.try(setup, attack) AS result FROM (VALUES
  ('CREATE VIEW app.v AS SELECT * FROM app.t; GRANT INSERT ON app.v TO anon', 'INSERT INTO app.v VALUES (3, ''somebody'')'),
  ('CREATE VIEW app.v AS SELECT * FROM app.t; GRANT UPDATE (owner) ON app.v TO anon', 'UPDATE app.v SET owner = ''anon'''),
  ('CREATE VIEW app.v AS SELECT * FROM app.t; GRANT DELETE ON app.v TO anon', 'DELETE FROM app.v'),
  ('CREATE VIEW app.v WITH (security_invoker) AS SELECT * FROM app.t WHERE id = 2; GRANT DELETE ON app.v TO anon', 'DELETE FROM app.v'),
  ('CREATE VIEW app.v AS SELECT count(*) FROM app.t; GRANT INSERT, UPDATE, DELETE ON app.v TO anon', 'DELETE FROM app.v'),
  ('CREATE VIEW app.v AS SELECT id FROM app.plain; CREATE RULE r AS ON DELETE TO app.v DO INSTEAD DELETE FROM app.t WHERE id > OLD.id; GRANT DELETE ON app.v TO anon', 'DELETE FROM app.v'),
  ('CREATE VIEW app.v AS SELECT id FROM app.plain; CREATE RULE r AS ON DELETE TO app.v DO INSTEAD DELETE FROM app.t WHERE id > OLD.id; GRANT SELECT ON app.v TO anon', 'DELETE FROM app.v'),
  ('CREATE VIEW app.v WITH (security_invoker) AS SELECT id FROM app.plain; CREATE RULE r AS ON DELETE TO app.v DO INSTEAD DELETE FROM app.t WHERE id > OLD.id; GRANT DELETE ON app.v TO anon', 'DELETE FROM app.v'),
  ('CREATE VIEW app.v AS SELECT id FROM app.t; CREATE RULE r AS ON INSERT TO app.v DO INSTEAD INSERT INTO app.log VALUES (NEW.id); GRANT INSERT ON app.v TO anon', 'UPDATE app.v SET id = 9')) c(setup, attack);

-- A policy reads the view, by itself, through a view, or in the body of a function, here or in another schema: with the
-- caller's rights it would come back to the policy, so no statement is printed. A policy that reads another view does not count.
CREATE FUNCTION pg_temp.fix(setup text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE printed text;
BEGIN
    BEGIN
        EXECUTE 'CREATE VIEW app.v AS SELECT * FROM app.t; GRANT SELECT ON app.v TO anon;' || setup;
        SELECT coalesce(fix, 'none') INTO STRICT printed FROM rls.audit('{app}', '{view_bypasses_rls}') WHERE object_name = 'v';
        RAISE EXCEPTION USING ERRCODE = 'RG001';
    EXCEPTION WHEN SQLSTATE 'RG001' THEN
    END;
    RETURN printed;
END $$;
CREATE SCHEMA beside;
CREATE TABLE beside.u (id int);
SELECT setup, pg_temp.fix(setup) FROM (VALUES
  ('SELECT'),
  ('CREATE POLICY p ON app.t USING (id IN (SELECT id FROM app.v))'),
  ('CREATE POLICY p ON beside.u USING (id IN (SELECT id FROM app.v))'),
  ('CREATE VIEW app.w AS SELECT * FROM app.v; CREATE POLICY p ON app.t USING (id IN (SELECT id FROM app.w))'),
  ('CREATE FUNCTION app.mine() RETURNS SETOF int LANGUAGE sql STABLE AS ''SELECT id FROM app.v''; CREATE POLICY p ON app.t USING (id IN (SELECT app.mine()))'),
  ('CREATE VIEW app.w WITH (security_invoker) AS SELECT * FROM app.plain; CREATE POLICY p ON app.t USING (id IN (SELECT id FROM app.w))')) c(setup);

-- Extensions' views are not ours to judge.
CREATE VIEW app.v AS SELECT * FROM app.t;
GRANT SELECT ON app.v TO anon;
ALTER EXTENSION rowguard ADD VIEW app.v;
SELECT * FROM pg_temp.found;
ROLLBACK;
