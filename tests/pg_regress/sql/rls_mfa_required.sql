-- rls.mfa_required(): a floor under all other policies: more than one factor.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated, anon;
CREATE FUNCTION pg_temp.become(letter text, more jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
  SELECT set_config('request.jwt.claims', CASE WHEN letter <> ''
    THEN (jsonb_build_object('sub', '00000000-0000-4000-8000-00000000000' || letter) || more)::text ELSE '' END, true)
$$;
CREATE TABLE app.payments (id int PRIMARY KEY, user_id uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.payments TO authenticated, anon;
INSERT INTO app.payments VALUES (1, '00000000-0000-4000-8000-00000000000a');
SELECT count(*) FROM rls.owner_access('app.payments');
SELECT kind, object, action, sql FROM rls.mfa_required('app.payments', commands => '{select}', dry_run => true);
SELECT kind, object, action FROM rls.mfa_required('app.payments');
SELECT DISTINCT action FROM rls.mfa_required('app.payments');
CREATE FUNCTION pg_temp.sees(claims jsonb) RETURNS bigint LANGUAGE sql AS $$
  SELECT pg_temp.become('a', claims); SELECT count(*) FROM app.payments;
$$;
SET LOCAL ROLE authenticated;
SELECT claims, pg_temp.sees(claims) FROM (VALUES ('{}'::jsonb), ('{"aal": "aal1"}'), ('{"aal": "aal2"}'), ('{"aal": "aal3"}'),
  ('{"aal": "AAL2"}'), ('{"aal": ""}'), ('{"aal": null}'), ('{"aal": 2}')) AS given (claims);
SELECT pg_temp.become('a', '{"aal": "aal1"}');
INSERT INTO app.payments VALUES (2, auth.uid());
\echo :LAST_ERROR_SQLSTATE
UPDATE app.payments SET id = 3;
DELETE FROM app.payments;
SELECT pg_temp.become('b', '{"aal": "aal2"}');
SELECT count(*) AS of_others FROM app.payments;
RESET ROLE;
-- Another level: the policies follow.
SELECT kind, object, action FROM rls.mfa_required('app.payments', 'aal3', commands => '{select}');
SET LOCAL ROLE authenticated;
SELECT pg_temp.sees('{"aal": "aal2"}'), pg_temp.sees('{"aal": "aal3"}');
RESET ROLE;
SELECT sql FROM rls.mfa_required('app.payments', 'aal3', commands => '{select}', dry_run => true, standalone => true) WHERE kind = 'policy';
SELECT rule, level, object_name, policy FROM rls.audit(ARRAY['app']) WHERE level <> 'info';
SELECT * FROM rls.mfa_required('app.payments', 'aal4');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM rls.mfa_required('app.payments', NULL);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
