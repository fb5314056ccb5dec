-- rls.spec_schema(): the form of documents for rls.apply().
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT jsonb_object_keys(rls.spec_schema() #> '{properties}') AS section;
SELECT section, generator
FROM unnest(ARRAY['schemas', 'tables', 'views']) AS section,
  jsonb_object_keys(rls.spec_schema() #> ARRAY['properties', section, 'additionalProperties', 'properties']) AS generator
ORDER BY section, generator COLLATE "C";
SELECT jsonb_pretty(rls.spec_schema() #> '{$defs,column_guard}');
SELECT jsonb_pretty(rls.spec_schema() #> '{properties,options}');
-- Every argument of every generator, but for those that are said beside the document, with its default.
SELECT generator, argument FROM (
  SELECT p.proname AS generator, unnest(p.proargnames[2:p.pronargs]) AS argument FROM pg_proc p
  WHERE p.pronamespace = 'rls'::regnamespace AND p.proname IN (SELECT jsonb_object_keys(rls.spec_schema() #> '{$defs}'))
  EXCEPT
  SELECT d.key, jsonb_object_keys(d.value -> 'properties') FROM jsonb_each(rls.spec_schema() -> '$defs') AS d) AS missing
WHERE argument NOT IN ('dry_run', 'overwrite', 'standalone');
CREATE ROLE regress_nobody;
SET LOCAL ROLE regress_nobody;
SELECT rls.spec_schema();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
