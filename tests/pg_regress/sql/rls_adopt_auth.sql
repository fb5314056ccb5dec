-- rls.adopt_auth(functions, replace, undo): rowguard's functions in a schema auth that is somebody else's.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
DROP EXTENSION rowguard;

-- A schema auth that was there first, with readers of its own, one of them of every odd kind.
CREATE ROLE regress_auth_admin;
CREATE SCHEMA auth;
GRANT USAGE ON SCHEMA auth TO anon, authenticated;
GRANT USAGE, CREATE ON SCHEMA auth TO regress_auth_admin;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated, regress_auth_admin;
CREATE FUNCTION app."the ""claims""" () RETURNS jsonb LANGUAGE sql STABLE
RETURN nullif(current_setting('request.jwt.claims', true), '')::jsonb;
SET LOCAL ROLE regress_auth_admin;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
$$;
COMMENT ON FUNCTION auth.uid() IS 'somebody else''s words';
REVOKE ALL ON FUNCTION auth.uid() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION auth.uid() TO authenticated;
CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE
RETURN app."the ""claims""" () ->> 'role';
RESET ROLE;
CREATE FUNCTION auth.email() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER LEAKPROOF COST 7 PARALLEL RESTRICTED
SET search_path = "odd "", name", app AS $function$
BEGIN -- $$ ' \ "
  RETURN "the ""claims""" () ->> 'email';
END $function$;
CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb
$$;
CREATE TEMPORARY TABLE before AS
  SELECT p.oid, p.oid::regprocedure::text AS function, pg_get_functiondef(p.oid) AS definition, p.proowner, p.proacl,
         obj_description(p.oid, 'pg_proc') AS comment
  FROM pg_proc p WHERE p.pronamespace = 'auth'::regnamespace;
GRANT SELECT ON before TO PUBLIC;

CREATE TABLE app.notes (id int, owner_id uuid, email text, tenant_id uuid);
INSERT INTO app.notes VALUES
  (1, '00000000-0000-4000-8000-00000000000a', 'a@example.com', '00000000-0000-4000-8000-0000000000c1'),
  (2, '00000000-0000-4000-8000-00000000000b', 'b@example.com', '00000000-0000-4000-8000-0000000000c2');
GRANT SELECT ON app.notes TO authenticated;
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.notes USING (auth.role() = 'authenticated' AND owner_id = auth.uid());
CREATE POLICY mail ON app.notes USING (email = (SELECT auth.email()));
PREPARE mine AS SELECT id FROM app.notes ORDER BY id;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT '{"sub": "00000000-0000-4000-8000-00000000000a", "role": "authenticated", "email": "b@example.com", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-0000000000c1", "teams": ["red"]}}' AS claims \gset

-- CREATE EXTENSION makes nothing in it, and says so. Whoever wants no notices gets none.
SAVEPOINT extension;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION rowguard;
ROLLBACK TO extension;
CREATE EXTENSION rowguard;
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'auth'::regnamespace ORDER BY 1;
SELECT pg_describe_object(d.classid, d.objid, 0) AS member_in_auth
FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
WHERE e.extname = 'rowguard' AND (p.pronamespace = 'auth'::regnamespace
  OR d.classid = 'pg_namespace'::regclass AND d.objid = 'auth'::regnamespace);
-- Nothing of the extension depends on it, and the extension itself on the schema alone, for the order of dumps.
SELECT pg_describe_object(d.classid, d.objid, 0) AS depends_on_auth
FROM pg_depend d
WHERE (d.refclassid = 'pg_namespace'::regclass AND d.refobjid = 'auth'::regnamespace
    OR d.refclassid = 'pg_proc'::regclass AND d.refobjid IN (SELECT oid FROM before))
  AND (d.classid = 'pg_extension'::regclass
    OR (d.classid, d.objid) IN (SELECT m.classid, m.objid FROM pg_depend m WHERE m.deptype = 'e'));
SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'rowguard';
SET LOCAL request.jwt.claims = :'claims';
SET LOCAL ROLE authenticated;
EXECUTE mine;
SELECT rls.claim_matches('{app_metadata,teams}', '{red}');
RESET ROLE;

-- Generators ask the readers that there are, once for the statement, and take from all claims what no reader gives.
SELECT substring(sql FROM 'USING [^;]*') AS using FROM rls.owner_access('app.notes', 'owner_id', commands => '{select}', dry_run => true) WHERE kind = 'policy';
SELECT substring(sql FROM 'USING [^;]*') AS using FROM rls.owner_access('app.notes', 'email', commands => '{select}', dry_run => true) WHERE kind = 'policy';
SELECT substring(sql FROM 'USING [^;]*') AS using FROM rls.tenant_isolation('app.notes', commands => '{select}', dry_run => true) WHERE kind = 'policy';
SELECT substring(sql FROM 'USING [^;]*') AS using FROM rls.claim_access('app.notes', '{app_metadata,teams}', '{red}', commands => '{select}', dry_run => true) WHERE kind = 'policy';
SELECT substring(sql FROM 'USING [^;]*') AS using FROM rls.mfa_required('app.notes', commands => '{select}', dry_run => true) WHERE kind = 'policy';
SAVEPOINT claims;
DROP FUNCTION auth.jwt();
SELECT substring(sql FROM 'USING [^;]*') AS using FROM rls.tenant_isolation('app.notes', commands => '{select}', dry_run => true) WHERE kind = 'policy';
\echo :LAST_ERROR_SQLSTATE
SELECT substring(sql FROM 'USING [^;]*') AS using FROM rls.claim_access('app.notes', '{team}', '{red}', commands => '{select}', dry_run => true) WHERE kind = 'policy';
\echo :LAST_ERROR_SQLSTATE
ALTER SCHEMA auth RENAME TO elsewhere;
SELECT substring(sql FROM 'USING [^;]*') AS using FROM rls.claim_access('app.notes', '{team}', '{red}', commands => '{select}', dry_run => true) WHERE kind = 'policy';
SELECT rls.adopt_auth();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO claims;

-- Who may call it: superusers.
GRANT USAGE ON SCHEMA rls TO regress_auth_admin;
SET LOCAL ROLE regress_auth_admin;
SELECT rls.adopt_auth();
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SAVEPOINT rights;
GRANT EXECUTE ON FUNCTION rls.adopt_auth TO regress_auth_admin;
SET LOCAL ROLE regress_auth_admin;
SELECT rls.adopt_auth();
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
ROLLBACK TO rights;
-- What it keeps is for superusers, too, even before those who may write every table.
GRANT pg_write_all_data, pg_read_all_data TO regress_auth_admin;
SET LOCAL ROLE regress_auth_admin;
INSERT INTO rls.adopted_functions (function, definition) VALUES ('auth.uid()', 'ALTER ROLE regress_auth_admin SUPERUSER');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- NULLs, wrong names and odd ones.
SELECT rls.adopt_auth(replace => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.adopt_auth(undo => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.adopt_auth('{uid,NULL}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.adopt_auth('{}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.adopt_auth(replace => true, undo => true);
\echo :LAST_ERROR_SQLSTATE
SELECT rls.adopt_auth('{uid,userid}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.adopt_auth(ARRAY[name]) FROM unnest(ARRAY['auth.auth.uid']) AS name;
\echo :LAST_ERROR_SQLSTATE
SELECT rls.adopt_auth('{uid()}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.adopt_auth('{UID}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.adopt_auth('{""}');
\echo :LAST_ERROR_SQLSTATE
SELECT rls.adopt_auth(ARRAY[E'uid"; DROP SCHEMA app --\n']);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.adopt_auth('{claim_text,auth.claim_text,auth.has_role}', undo => true);

-- The example of the README.
SAVEPOINT example;
\pset footer off
SELECT * FROM rls.adopt_auth('{uid,tenant_id}', replace => true);
\pset footer on
ROLLBACK TO example;

-- What is missing is added, and nothing else is touched. Twice changes nothing.
SELECT * FROM rls.adopt_auth();
SELECT DISTINCT action FROM rls.adopt_auth();
SELECT function FROM before WHERE definition <> pg_get_functiondef(oid);
SELECT count(*) AS members FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
WHERE d.deptype = 'e' AND p.pronamespace = 'auth'::regnamespace;
SELECT p.oid::regprocedure, p.proacl IS NULL OR p.proacl::text LIKE '%{=X/%' OR p.proacl::text LIKE '%,=X/%' AS for_everybody,
       obj_description(p.oid, 'pg_proc') IS NOT NULL AS has_comment
FROM pg_proc p WHERE p.proname IN ('tenant_id', 'has_role') AND p.pronamespace = 'auth'::regnamespace ORDER BY 1;
SET LOCAL ROLE authenticated;
SELECT auth.tenant_id(), auth.has_role('authenticated'), auth.claim_text_array('app_metadata', 'teams'), auth.explain() ->> 'sub' AS sub;
EXECUTE mine;
RESET ROLE;
SELECT substring(sql FROM 'USING [^;]*') AS using FROM rls.tenant_isolation('app.notes', commands => '{select}', dry_run => true) WHERE kind = 'policy';

-- Replaced where asked to: OID, owner, rights and comment stay, and so do policies; the readers are native.
SELECT * FROM rls.adopt_auth('{uid}', replace => true);
SELECT * FROM rls.adopt_auth(replace => true) WHERE action <> 'unchanged';
SELECT * FROM rls.adopt_auth(replace => true) WHERE action <> 'unchanged';
SELECT b.function, l.lanname, p.prosecdef, p.proconfig, p.prosrc
FROM before b JOIN pg_proc p USING (oid) JOIN pg_language l ON l.oid = p.prolang ORDER BY 1;
SELECT count(*) AS kept FROM before b JOIN pg_proc p USING (oid)
WHERE (p.proowner, p.proacl, obj_description(p.oid, 'pg_proc')) IS NOT DISTINCT FROM (b.proowner, b.proacl, b.comment);
SELECT substring(sql FROM 'USING [^;]*') AS using FROM rls.owner_access('app.notes', 'owner_id', commands => '{select}', dry_run => true) WHERE kind = 'policy';
SELECT substring(sql FROM 'USING [^;]*') AS using FROM rls.claim_access('app.notes', '{app_metadata,teams}', '{red}', commands => '{select}', dry_run => true) WHERE kind = 'policy';
SET LOCAL ROLE authenticated;
EXECUTE mine;
SET LOCAL request.jwt.claims = 'none of ours';
EXECUTE mine;
\echo :LAST_ERROR_SQLSTATE
SET LOCAL request.jwt.claims = :'claims';
RESET ROLE;

-- Undone: every function is as it was, word for word, and those that were added are gone.
SELECT * FROM rls.adopt_auth('{email,has_role}', undo => true);
SELECT * FROM rls.adopt_auth(undo => true);
SELECT count(*) FILTER (WHERE b.definition = pg_get_functiondef(b.oid)) AS as_before FROM before b JOIN pg_proc p USING (oid)
WHERE (p.proowner, p.proacl, obj_description(p.oid, 'pg_proc')) IS NOT DISTINCT FROM (b.proowner, b.proacl, b.comment);
SELECT count(*) FROM pg_proc WHERE pronamespace = 'auth'::regnamespace;
SELECT count(*) AS still_kept FROM rls.adopted_functions;
SET LOCAL ROLE authenticated;
EXECUTE mine;
RESET ROLE;
-- There is nothing to undo any more.
SELECT * FROM rls.adopt_auth(undo => true);
SELECT * FROM rls.adopt_auth('{uid}', undo => true);

-- An adopted function that a policy calls is not dropped, and no CASCADE is advised.
SELECT * FROM rls.adopt_auth('{tenant_id,logout}');
CREATE POLICY tenant ON app.notes AS RESTRICTIVE USING (tenant_id = auth.tenant_id());
SELECT rls.adopt_auth(undo => true);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.adopt_auth('{logout}', undo => true);
DROP POLICY tenant ON app.notes;
SELECT * FROM rls.adopt_auth(undo => true);

-- A function that somebody has replaced or dropped since is left as he left it.
SELECT * FROM rls.adopt_auth('{uid,jwt,login,user_id}', replace => true);
CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT NULL::uuid';
CREATE OR REPLACE FUNCTION auth.user_id() RETURNS text LANGUAGE sql STABLE AS 'SELECT NULL::text';
DROP FUNCTION auth.jwt(), auth.login(text);
SELECT * FROM rls.adopt_auth(undo => true);
SELECT pg_get_functiondef('auth.uid()'::regprocedure);
-- Adopted anew, what is kept is what was there last.
SELECT * FROM rls.adopt_auth('{uid,user_id,jwt}', replace => true);
SELECT * FROM rls.adopt_auth('{uid,user_id,jwt}', undo => true);
SELECT prosrc FROM pg_proc WHERE oid IN ('auth.uid()'::regprocedure, 'auth.user_id()'::regprocedure) ORDER BY oid;

-- Rolled back, nothing has happened.
SAVEPOINT adopted;
SELECT * FROM rls.adopt_auth('{uid,jwt}', replace => true);
ROLLBACK TO adopted;
SELECT prosrc, to_regprocedure('auth.jwt()') IS NULL AS no_jwt FROM pg_proc WHERE oid = 'auth.uid()'::regprocedure;
SELECT count(*) AS kept FROM rls.adopted_functions;

-- What CREATE OR REPLACE would refuse, or should not do.
SAVEPOINT refused;
DROP POLICY own ON app.notes;
DROP FUNCTION auth.user_id(), auth.role();
CREATE FUNCTION auth.user_id() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT NULL::uuid';
SELECT rls.adopt_auth('{user_id}', replace => true);
\echo :LAST_ERROR_SQLSTATE
CREATE FUNCTION auth.has_role("any role" text) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false';
SELECT rls.adopt_auth('{has_role}', replace => true);
\echo :LAST_ERROR_SQLSTATE
DROP FUNCTION auth.has_role;
CREATE FUNCTION auth.has_role(role text DEFAULT 'admin') RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false';
SELECT rls.adopt_auth('{has_role}', replace => true);
\echo :LAST_ERROR_SQLSTATE
DROP FUNCTION auth.has_role;
CREATE FUNCTION auth.has_role(text) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false';
SELECT * FROM rls.adopt_auth('{has_role}', replace => true);
SELECT * FROM rls.adopt_auth('{has_role}', undo => true);
SELECT pg_get_function_arguments('auth.has_role(text)'::regprocedure) AS still_without_a_name;
CREATE FUNCTION auth.role() RETURNS SETOF text LANGUAGE sql STABLE AS 'SELECT NULL::text';
SELECT rls.adopt_auth('{role}', replace => true);
\echo :LAST_ERROR_SQLSTATE
DROP FUNCTION auth.role();
CREATE PROCEDURE auth.role() LANGUAGE sql AS 'SELECT 1';
SELECT rls.adopt_auth('{role}', replace => true);
\echo :LAST_ERROR_SQLSTATE
CREATE FUNCTION auth.claim(path text[]) RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT NULL::jsonb';
SELECT rls.adopt_auth('{claim}', replace => true);
\echo :LAST_ERROR_SQLSTATE
DROP FUNCTION auth.claim(text[]);
CREATE AGGREGATE auth.claim(VARIADIC path text[]) (SFUNC = array_cat, STYPE = text[]);
SELECT rls.adopt_auth('{claim}', replace => true);
\echo :LAST_ERROR_SQLSTATE
CREATE FUNCTION auth.claim_text(key text) RETURNS text LANGUAGE sql STABLE AS 'SELECT NULL::text';
SELECT rls.adopt_auth('{claim_text}');
\echo :LAST_ERROR_SQLSTATE
ALTER EXTENSION plpgsql ADD FUNCTION auth.uid();
SELECT rls.adopt_auth('{uid}', replace => true);
\echo :LAST_ERROR_SQLSTATE
-- One refusal refuses all.
SELECT rls.adopt_auth(replace => true);
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) AS kept FROM rls.adopted_functions;
ROLLBACK TO refused;

-- In whose hands the schema is.
ALTER SCHEMA auth OWNER TO regress_auth_admin;
SELECT rls.adopt_auth();
\echo :LAST_ERROR_SQLSTATE
ALTER SCHEMA auth OWNER TO pg_database_owner;
SELECT count(*) FROM rls.adopt_auth('{tenant_id}');
GRANT CREATE ON SCHEMA auth TO PUBLIC;
SELECT rls.adopt_auth();
\echo :LAST_ERROR_SQLSTATE
-- The way back is open in any case.
SELECT * FROM rls.adopt_auth(undo => true);
REVOKE CREATE ON SCHEMA auth FROM PUBLIC;

-- DROP EXTENSION leaves adopted functions and the policies on them.
SELECT count(*) FROM rls.adopt_auth('{tenant_id,email}', replace => true);
CREATE POLICY tenant ON app.notes USING (tenant_id = auth.tenant_id());
DROP EXTENSION rowguard;
SELECT count(*) AS left_behind FROM pg_depend d
WHERE d.classid = 'pg_extension'::regclass AND NOT EXISTS (SELECT FROM pg_extension e WHERE e.oid = d.objid);
SET LOCAL ROLE authenticated;
EXECUTE mine;
RESET ROLE;
SET LOCAL client_min_messages = warning;
DROP SCHEMA auth CASCADE;
RESET client_min_messages;

-- In the extension's own schema there is nothing to adopt, and what it lacks comes by an upgrade.
CREATE EXTENSION rowguard;
SELECT DISTINCT action FROM rls.adopt_auth(replace => true);
SELECT * FROM rls.adopt_auth(undo => true);
ALTER EXTENSION rowguard DROP FUNCTION auth.email();
DROP FUNCTION auth.email();
SELECT rls.adopt_auth();
\echo :LAST_ERROR_SQLSTATE

-- What scripts of the extension call to fill the schema is no way for anybody else.
SELECT probin AS library FROM pg_proc WHERE oid = 'rls.adopt_auth'::regproc \gset
CREATE FUNCTION pg_temp.create_auth() RETURNS void LANGUAGE c AS :'library', 'rls_create_auth_wrapper';
SELECT pg_temp.create_auth();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;

-- It writes, and so needs a transaction that may.
BEGIN READ ONLY;
SELECT rls.adopt_auth();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
