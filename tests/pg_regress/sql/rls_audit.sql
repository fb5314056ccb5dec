-- rls.audit(): arguments, order, fingerprints, suppression, and that nothing is run.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE SCHEMA "App";
GRANT USAGE ON SCHEMA app, "App" TO anon;
-- Nothing to find in an empty schema.
SELECT count(*) FROM rls.audit('{app}');

-- A schema, rule or level that does not exist never reads as clean.
SELECT count(*) FROM rls.audit('{app,nowhere}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM rls.audit('{app}', '{rls_disabled,rls_disabledd}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM rls.audit(rules => '{not_evaluated}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM rls.audit(min_level => 'Warning');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM rls.audit(min_level => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM rls.audit(include_suppressed => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM rls.audit('{app,NULL}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM rls.audit(rules => '{NULL}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM rls.audit('{}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM rls.audit(rules => '{}');
\echo :LAST_ERROR_SQLSTATE

-- Order: level, rule, schema, object, policy, by bytes whatever the database's collation.
CREATE FUNCTION app.is_admin() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
CREATE TABLE app.b (id int, user_id uuid);
CREATE TABLE app."B" (id int, user_id uuid);
CREATE TABLE app.a (id int, user_id uuid);
CREATE TABLE "App".b (id int);
CREATE TABLE app.quiet (id int);
ALTER TABLE app.quiet ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON app."B", "App".b TO anon;
ALTER TABLE app.a ENABLE ROW LEVEL SECURITY;
CREATE POLICY z ON app.a FOR SELECT USING (true);
CREATE POLICY "Z" ON app.a FOR SELECT USING (1 = 1);
CREATE POLICY own ON app.a FOR DELETE USING (user_id = auth.uid());
CREATE POLICY admins ON app.a FOR UPDATE USING (app.is_admin());
CREATE POLICY p ON app.b USING (user_id = auth.uid());
\set five '{policies_without_rls,policy_always_true,policy_column_unindexed,rls_disabled,rls_without_policy}'
SELECT level, rule, schema_name, object_name, object_kind, policy, columns, fingerprint, suppressed_by
FROM rls.audit('{app,App}', :'five');
-- Arguments narrow; naming a thing twice is naming it once; the order of arguments is none.
SELECT level, rule, schema_name, object_name, policy FROM rls.audit('{App,app,App}', '{rls_without_policy,rls_disabled,rls_disabled}');
SELECT level, rule, schema_name, object_name, policy FROM rls.audit('{app}', :'five', min_level => 'warning');
SELECT level, rule, schema_name, object_name, policy FROM rls.audit('{app}', :'five', min_level => 'error');

-- The full row of what could not be judged.
\x on
SELECT * FROM rls.audit('{app}', '{policy_always_true}') WHERE rule = 'not_evaluated';
\x off

-- The caller's search_path, and what it holds, change nothing.
CREATE TEMP TABLE before AS SELECT to_jsonb(a) AS row FROM rls.audit('{app,App}', :'five') a;
CREATE SCHEMA hostile;
CREATE FUNCTION hostile.eq(oid, oid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
CREATE OPERATOR hostile.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = hostile.eq);
CREATE VIEW hostile.pg_policy AS SELECT 1 / 0 AS oid;
SET LOCAL search_path = hostile, app, pg_catalog;
CREATE TEMP TABLE after AS SELECT pg_catalog.to_jsonb(a) AS row FROM rls.audit('{app,App}', :'five') a;
RESET search_path;
SELECT count(*) AS rows, count(*) FILTER (WHERE b.row = a.row) AS same
FROM (SELECT row_number() OVER () AS n, row FROM before) b
FULL JOIN (SELECT row_number() OVER () AS n, row FROM after) a USING (n);

-- Fingerprints are made of names: a new object of the same name has the same, another name another.
CREATE TEMP TABLE prints AS SELECT policy, fingerprint FROM rls.audit('{app}', '{policy_always_true}');
DROP POLICY z ON app.a;
CREATE POLICY z ON app.a FOR SELECT TO anon USING (2 = 2);
ALTER POLICY "Z" ON app.a RENAME TO "Z ";
SELECT policy, fingerprint IN (SELECT fingerprint FROM prints) AS known FROM rls.audit('{app}', '{policy_always_true}');

-- A finding is accepted by a line of the policy's comment, with a reason; it does not vanish.
COMMENT ON POLICY z ON app.a IS E'Products are public.\nrowguard:allow policy_always_true public catalogue\nrowguard:reviewed yes';
SELECT policy, suppressed_by FROM rls.audit('{app}', '{policy_always_true}');
SELECT policy, suppressed_by FROM rls.audit('{app}', '{policy_always_true}', include_suppressed => true);
COMMENT ON POLICY z ON app.a IS 'rowguard:allow policy_always_true';
SELECT policy, suppressed_by FROM rls.audit('{app}', '{policy_always_true}') WHERE policy = 'z';
COMMENT ON POLICY z ON app.a IS 'rowguard:allow policy_column_unindexed another rule';
SELECT policy, suppressed_by FROM rls.audit('{app}', '{policy_always_true}') WHERE policy = 'z';
COMMENT ON POLICY admins ON app.a IS 'rowguard:allow policy_always_true reviewed by hand';
SELECT rule, policy, suppressed_by FROM rls.audit('{app}', '{policy_always_true}', include_suppressed => true)
WHERE policy = 'admins';

-- Nothing that users defined is run.
CREATE FUNCTION app.trap() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'run'; END $$;
CREATE POLICY traps ON app.a USING (app.trap() OR app.trap() = true OR app.is_admin() IS NULL);
SELECT rule, policy FROM rls.audit('{app}', '{policy_always_true}') WHERE policy = 'traps';

-- rowguard.identity_functions: what they answer differs from caller to caller.
CREATE FUNCTION app.whoami() RETURNS uuid LANGUAGE plpgsql STABLE AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION app.whoami(text) RETURNS uuid LANGUAGE plpgsql STABLE AS 'BEGIN RETURN NULL; END';
CREATE POLICY known ON app.b USING (app.whoami() IS NOT NULL);
CREATE POLICY named ON app.b USING (app.whoami('x') IS NOT NULL);
SELECT rule, policy FROM rls.audit('{app}', '{policy_always_true}') WHERE object_name = 'b';
SET rowguard.identity_functions = 'app.whoami';
SELECT rule, policy FROM rls.audit('{app}', '{policy_always_true}') WHERE object_name = 'b';
SET rowguard.identity_functions = 'app."whoami"(text), auth.uid';
SELECT rule, policy FROM rls.audit('{app}', '{policy_always_true}') WHERE object_name = 'b';
SET rowguard.identity_functions = 'app.nobody';
SELECT count(*) FROM rls.audit('{app}');
\echo :LAST_ERROR_SQLSTATE
SET rowguard.identity_functions = 'app.whoami(int)';
SELECT count(*) FROM rls.audit('{app}');
\echo :LAST_ERROR_SQLSTATE
SET rowguard.identity_functions = 'whoami';
SELECT count(*) FROM rls.audit('{app}');
\echo :LAST_ERROR_SQLSTATE
RESET rowguard.identity_functions;

-- The settings are the administrator's; the audit works for whoever is granted it, and nobody else.
CREATE ROLE regress_ci;
SET LOCAL ROLE regress_ci;
SET rowguard.exposed_roles = 'regress_ci';
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM rls.audit();
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT USAGE ON SCHEMA rls TO regress_ci;
GRANT EXECUTE ON FUNCTION rls.audit(text[], text[], text, boolean) TO regress_ci;
CREATE TEMP TABLE as_superuser AS SELECT to_jsonb(a) AS row FROM rls.audit('{app,App}', :'five') a;
GRANT SELECT ON as_superuser TO regress_ci;
SET LOCAL ROLE regress_ci;
SELECT count(*) > 5 AS some, bool_and(to_jsonb(a) IN (SELECT row FROM as_superuser)) AS same FROM rls.audit('{app,App}', :'five') a;
RESET ROLE;
ROLLBACK;
