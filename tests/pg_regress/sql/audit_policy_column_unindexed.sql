-- Rule policy_column_unindexed: a policy looks rows up by a column that no index serves.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA app;
CREATE TABLE app.posts (
  id int PRIMARY KEY, author_id uuid, editor_id uuid, org_id uuid NOT NULL, email varchar, slug text,
  tags text[], published boolean NOT NULL DEFAULT false, rank int);
CREATE TABLE app.members (team_id uuid NOT NULL, user_id uuid NOT NULL, level text);
CREATE TABLE app.teams (id uuid PRIMARY KEY, owner_id uuid);
CREATE VIEW pg_temp.found AS
  SELECT rule, level, object_name, policy, columns, message, fix
  FROM rls.audit('{app}', '{policy_column_unindexed}');

-- One finding: fixed, none.
CREATE POLICY own ON app.posts USING (author_id = auth.uid());
SELECT * FROM pg_temp.found;
SELECT detail FROM rls.audit('{app}', '{policy_column_unindexed}');
SAVEPOINT unfixed;
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
ROLLBACK TO unfixed;

-- Indexes that serve the look-up, and those that do not.
CREATE FUNCTION pg_temp.with_index(definition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
BEGIN
    EXECUTE definition;
    SELECT string_agg(concat_ws(' ', object_name, columns), '; ') INTO verdict FROM pg_temp.found;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = coalesce(verdict, '-');
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
SELECT definition, pg_temp.with_index(definition) AS unserved FROM (VALUES
  ('CREATE INDEX ON app.posts (author_id)'),
  ('CREATE UNIQUE INDEX ON app.posts (author_id, id)'),
  ('CREATE INDEX ON app.posts USING hash (author_id)'),
  ('CREATE INDEX ON app.posts (author_id) WHERE author_id IS NOT NULL'),
  ('CREATE INDEX ON app.posts (author_id DESC NULLS LAST) INCLUDE (slug)'),
  ('ALTER TABLE app.posts ADD UNIQUE (author_id)'),
  ('CREATE INDEX ON app.posts (id, author_id)'),
  ('CREATE INDEX ON app.posts (id) INCLUDE (author_id)'),
  ('CREATE INDEX ON app.posts (author_id) WHERE published'),
  ('CREATE INDEX ON app.posts ((author_id::text))'),
  ('CREATE INDEX ON app.posts (editor_id)'),
  ('CREATE INDEX unready ON app.posts (author_id);
    UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''app.unready''::regclass')) d(definition);

-- Conditions: each alone on app.posts, with the indexes that stand.
DROP POLICY own ON app.posts;
CREATE INDEX ON app.posts (author_id);
CREATE INDEX ON app.posts (org_id, editor_id);
CREATE INDEX ON app.posts (lower(slug));
CREATE INDEX ON app.posts (rank) WHERE published;
CREATE FUNCTION pg_temp.try(condition text, command text DEFAULT 'SELECT') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict text;
    fixes text;
BEGIN
    EXECUTE format('CREATE POLICY p ON app.posts FOR %s TO anon %s (%s)', command,
                   CASE command WHEN 'INSERT' THEN 'WITH CHECK' ELSE 'USING' END, condition);
    SELECT string_agg(concat_ws(' ', rule, object_name, columns), '; '), string_agg(fix, E'\n') INTO verdict, fixes
      FROM pg_temp.found;
    -- What the fix says must mend it.
    IF fixes IS NOT NULL THEN
        EXECUTE fixes;
        IF EXISTS (SELECT FROM pg_temp.found WHERE rule = 'policy_column_unindexed') THEN
            verdict := verdict || ' NOT MENDED';
        END IF;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = coalesce(verdict || E'\n' || coalesce(fixes, 'no fix'), '-');
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
SELECT condition, pg_temp.try(condition) AS unserved FROM (VALUES
  -- Either side, wrapped identity, casts, IN and ANY.
  ('auth.uid() = author_id'), ('author_id = (SELECT auth.uid())'), ('auth.uid() = editor_id'),
  ('editor_id = (SELECT auth.uid())'), ('email = current_user'), ('email = current_setting(''app.email'')'),
  ('author_id = ANY (ARRAY[auth.uid()])'), ('editor_id = ANY (ARRAY[auth.uid()])'),
  ('rank > current_setting(''app.rank'')::int'),
  -- ANDed equalities share an index, in any order; without its first key it is of no use.
  ('editor_id = auth.uid() AND org_id = auth.uid()'), ('org_id = auth.uid()'), ('editor_id = auth.uid() AND published'),
  ('org_id > auth.uid() AND editor_id = auth.uid()'),
  ('editor_id = auth.uid() AND email = current_setting(''app.email'')'),
  -- A partial index helps where its condition is among those ANDed.
  ('rank = current_setting(''app.rank'')::int AND published'), ('rank = current_setting(''app.rank'')::int OR published'),
  -- Every arm of an OR needs its own; what is ANDed to it may help.
  ('author_id = auth.uid() OR editor_id = auth.uid()'),
  ('org_id = auth.uid() AND (editor_id = auth.uid() OR author_id = auth.uid())'),
  -- Not counted: constants, operators that no index serves, NOT, hashed sub-queries, one expression of columns.
  ('editor_id = ''00000000-0000-4000-8000-000000000001'''), ('published'), ('NOT published'), ('editor_id <> auth.uid()'),
  ('editor_id IS NOT DISTINCT FROM auth.uid()'), ('NOT (editor_id = auth.uid())'), ('editor_id IS NULL'),
  ('editor_id = author_id'), ('auth.uid()::text = ANY (tags)'), ('email LIKE current_user || ''%'''),
  ('lower(email) = current_user'), ('editor_id IN (SELECT id FROM app.teams)'),
  ('auth.uid() IS NOT NULL'), ('coalesce(editor_id = auth.uid(), false)'),
  ('slug = lower(''X'')'), ('rank = 2 * 3'), ('rank = 5::bigint'), ('rank > 5::smallint'), ('rank::float8 > 5'),
  -- Other kinds of index.
  ('tags @> ARRAY[auth.role()]'), ('slug COLLATE "C" = auth.role()'), ('slug = auth.role()')) c(condition);
SELECT pg_temp.try('editor_id = auth.uid()', 'INSERT') AS own_column_of_insert;

-- What is made of a column: an index on the column does not serve it, one on the expression does. Left out are
-- expressions that no index can hold, or of several columns.
ALTER TABLE app.posts ADD data jsonb, ADD at timestamptz;
SELECT condition, pg_temp.try(condition) AS unserved FROM (VALUES
  ('lower(slug) = auth.role()'), ('lower(email) = auth.role()'), ('author_id::text = auth.user_id()'), ('(data ->> ''owner'')::uuid = auth.uid()'),
  ('coalesce(editor_id, author_id) = auth.uid()'), ('coalesce(editor_id, ''00000000-0000-4000-8000-000000000001'') = auth.uid()'),
  ('rank % 2 = current_setting(''app.rank'')::int'), ('upper(lower(slug)) = ANY (ARRAY[auth.role()])'), ('lower(slug) > auth.role()'),
  ('data @> jsonb_build_object(''owner'', auth.uid())'), ('at::text = auth.role()'), ('date_trunc(''day'', at) = now()'),
  ('random() * rank = auth.uid()::text::int'), ('lower(slug || email) = auth.role()'), ('lower(slug) = ''x'''),
  ('left(slug, 3) COLLATE "C" = auth.role()')) c(condition);

-- A part of an array or of jsonb, as in paths of stored files.
SELECT condition, pg_temp.try(condition) AS unserved FROM (VALUES
  ('tags[1] = auth.role()'), ('(string_to_array(slug, ''/''))[1] = auth.role()'), ('data[''owner''] = to_jsonb(auth.user_id())'),
  ('tags[1:2] = ARRAY[auth.role()]'), ('tags[:1] = ARRAY[auth.role()]'), ('tags[rank] = auth.role()')) c(condition);
CREATE POLICY folder ON app.posts USING ((string_to_array(slug, '/'))[1] = auth.role());
SELECT columns, fix FROM rls.audit('{app}', '{policy_column_unindexed}');
SELECT fix FROM rls.audit('{app}', '{policy_column_unindexed}') \gexec
SELECT columns, fix FROM rls.audit('{app}', '{policy_column_unindexed}');
DROP POLICY folder ON app.posts;

-- Partial indexes whose condition follows from what stands beside the look-up, and those whose does not.
CREATE INDEX ON app.posts (email) WHERE slug IN ('a', 'b');
SELECT condition, pg_temp.try(condition) AS unserved FROM (VALUES
  ('email = current_setting(''app.email'') AND slug = ''a'''), ('email = current_setting(''app.email'') AND slug = ''c'''),
  ('rank = current_setting(''app.rank'')::int AND published = true'), ('rank = current_setting(''app.rank'')::int AND published = false'))
  c(condition);

-- The server must agree on what follows: only then does it read the index.
CREATE TYPE app.stage AS ENUM ('draft', 'sent', 'paid');
CREATE TABLE app.bills (
  id int NOT NULL, payer_id uuid, amount numeric NOT NULL, number bigint, count int, name text, stage app.stage, at timestamptz, due date, open boolean NOT NULL,
  ratio double precision, part real, code char(5), kind varchar, flags bit(3), seal bytea);
CREATE FUNCTION pg_temp.partial(predicate text, condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    verdict boolean;
    line text;
    used boolean := false;
BEGIN
    SET LOCAL enable_seqscan = off;
    EXECUTE format('CREATE INDEX partly ON app.bills (payer_id) WHERE %s', predicate);
    EXECUTE format('CREATE POLICY p ON app.bills FOR SELECT TO anon USING (payer_id = auth.uid() AND %s)', condition);
    verdict := NOT EXISTS (SELECT FROM pg_temp.found WHERE object_name = 'bills');
    FOR line IN EXECUTE format('EXPLAIN SELECT FROM app.bills WHERE payer_id = gen_random_uuid()::text::uuid AND %s', condition) LOOP
        used := used OR line LIKE '%partly%';
    END LOOP;
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = CASE WHEN verdict = used THEN CASE WHEN used THEN 'served' ELSE 'not served' END
      ELSE format('the server says %s, the audit %s', used, verdict) END;
EXCEPTION WHEN SQLSTATE 'RG001' THEN
    RETURN SQLERRM;
END $$;
SELECT predicate, condition, pg_temp.partial(predicate, condition) AS index FROM (VALUES
  ('amount > 0', 'amount > 5'), ('amount > 0', 'amount > 0'), ('amount > 0', 'amount >= 0'), ('amount > 0', 'amount >= 0.01'),
  ('amount > 5', 'amount > 4'), ('amount > 0', 'amount = 3'), ('amount > 0', 'amount = 0.0'), ('amount > 0', '5 < amount'), ('amount > 0', 'amount IN (1, 2)'),
  ('amount > 0', 'amount IN (0, 2)'), ('amount > 0', 'amount BETWEEN 1 AND 5'), ('amount > 0', 'amount < 5'), ('amount < 0', 'amount <= -0.5'), ('amount > 0', 'amount <> 0'),
  ('amount <> 0', 'amount > 0'), ('amount <> 0', 'amount >= 0'), ('count > 0', 'count > 0::bigint'), ('count IN (1, 2, 3)', 'count IN (1, 2)'), ('count IN (1, 2)', 'count IN (1, 3)'),
  ('count NOT IN (1, 2)', 'count = 3'), ('count NOT IN (1, 2)', 'count > 2'), ('count NOT IN (1, 2)', 'count > 1'), ('count IS NOT NULL', 'count > 1'), ('count > 5', 'count >= 6'),
  ('name <> ''x''', 'name = ''y'''), ('name <> ''x''', 'name = ''x'''), ('stage <> ''draft''', 'stage = ''sent'''), ('stage <> ''draft''', 'stage <> ''sent'''),
  ('at > ''2024-01-01''', 'at >= ''2024-06-01'''), ('at > ''2024-01-01''', 'at >= ''2023-06-01'''), ('due > ''2024-01-01''', 'due = ''2024-01-02'''),
  ('amount > 0 AND count > 0', 'amount > 1 AND count > 1'), ('amount > 0 AND count > 0', 'amount > 1'), ('amount > 0 OR count > 0', 'count > 1'),
  ('number > 0', 'count > 5'), ('NOT open', 'open = false'), ('open = false', 'NOT open'), ('open', 'open <> false'), ('open', 'open = false'), ('NOT open', 'open'),
  ('amount > 0', '(amount > 5 OR amount = 1)'), ('amount > 0', '(amount > 5 OR count = 1)'), ('length(name) > 0', 'length(name) > 3'),
  ('ratio > 0', 'ratio > 0.5'), ('ratio > 0', 'ratio >= 0'), ('ratio > 0', 'ratio = ''NaN'''), ('ratio < ''Infinity''', 'ratio < 1e300'), ('ratio > -0.5', 'ratio = ''-0'''), ('ratio < 1', 'ratio < ''-Infinity'''),
  ('part > 0', 'part > 0.5'), ('part > 0.1', 'part > 0.1::real'), ('part > 0.1::real', 'part > 0.1'), ('part < 5', 'part = 4'), ('ratio <> 1', 'ratio = 2'), ('ratio <> 0', 'ratio = ''-0'''),
  ('code = ''a''', 'code = ''a '''), ('code <> ''x''', 'code = ''a'''), ('code <> ''x''', 'code = ''x  '''), ('code IN (''a'', ''b'')', 'code = ''b'''), ('code IN (''a'', ''b'')', 'code = ''c'''),
  ('code::bpchar <> ''a''::text::bpchar', 'code = ''a'''), ('kind IN (''a'', ''b'')', 'kind = ''a'''), ('kind <> ''x''', 'kind = ''a'''),
  ('flags <> B''101''', 'flags = B''100'''), ('flags > B''100''', 'flags > B''101'''), ('flags > B''101''', 'flags > B''100'''), ('seal <> ''\x00''', 'seal = ''\x0000'''), ('seal < ''\x01''', 'seal = ''\x0000'''),
  ('count::oid < 5::oid', 'count::oid < (-1)::oid'), ('due < ''infinity''', 'due = ''2024-01-01'''), ('due > ''-infinity''', 'due = ''infinity'''), ('amount < ''NaN''', 'amount = 5'), ('amount > 5', 'amount = ''NaN''')) c(predicate, condition);
DROP TABLE app.bills;

-- Bodies of SQL functions: what the planner puts in place, and the sub-queries of others.
CREATE FUNCTION app.mine(uuid) RETURNS boolean LANGUAGE sql STABLE RETURN $1 = auth.uid();
CREATE FUNCTION app.member(uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS
  'SELECT EXISTS (SELECT FROM app.members m WHERE m.user_id = auth.uid() AND m.team_id = $1)';
CREATE FUNCTION app.my_teams() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
  BEGIN ATOMIC; SELECT m.team_id FROM app.members m WHERE m.user_id = auth.uid(); END;
SELECT condition, pg_temp.try(condition) AS unserved FROM (VALUES
  ('app.mine(author_id)'), ('app.mine(editor_id)'), ('(SELECT app.mine(editor_id))'), ('app.member(org_id)'),
  ('org_id IN (SELECT app.my_teams())'), ('org_id = ANY (ARRAY(SELECT app.my_teams()))')) c(condition);

-- Sub-queries: the table that is scanned is the one at fault.
SELECT condition, pg_temp.try(condition) AS unserved FROM (VALUES
  ('EXISTS (SELECT FROM app.members m WHERE m.team_id = org_id AND m.user_id = auth.uid())'),
  ('org_id IN (SELECT team_id FROM app.members WHERE user_id = auth.uid())'),
  ('org_id IN (SELECT team_id FROM app.members WHERE level = ''admin'' AND user_id = auth.uid())'),
  ('EXISTS (SELECT FROM app.teams t WHERE t.id = posts.org_id)'),
  ('EXISTS (SELECT FROM app.teams t WHERE t.owner_id = posts.author_id)'),
  ('EXISTS (SELECT FROM app.teams t JOIN app.members m ON m.team_id = t.id WHERE t.id = org_id AND m.user_id = auth.uid())'),
  ('EXISTS (SELECT FROM app.teams t, app.members m WHERE m.level = t.owner_id::text AND t.id = org_id)'),
  ('EXISTS (WITH mine AS (SELECT team_id FROM app.members WHERE user_id = auth.uid()) SELECT FROM mine WHERE team_id = org_id)'),
  ('(SELECT owner_id FROM app.teams t WHERE t.owner_id = (SELECT user_id FROM app.members m WHERE m.team_id = t.id)) = author_id'),
  ('EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relpages = rank)')) c(condition);
SELECT pg_temp.try('EXISTS (SELECT FROM app.members m WHERE m.user_id = auth.uid() AND m.team_id = posts.org_id)', 'INSERT')
  AS tables_of_a_check;
CREATE INDEX ON app.members (team_id, user_id);
SELECT condition, pg_temp.try(condition) AS unserved FROM (VALUES
  ('EXISTS (SELECT FROM app.members m WHERE m.team_id = org_id AND m.user_id = auth.uid())'),
  ('EXISTS (SELECT FROM app.teams t JOIN app.members m ON m.team_id = t.id WHERE t.id = org_id AND m.user_id = auth.uid())'),
  ('org_id IN (SELECT team_id FROM app.members WHERE user_id = auth.uid())')) c(condition);

-- What is not understood is said to be so.
SELECT pg_temp.try('editor_id = auth.uid() AND xmlserialize(CONTENT xmlelement(name a) AS text) = slug');

-- Collations, operator classes, names, partitions, other schemas.
CREATE TABLE app."a""b" ("Own""er" text COLLATE "POSIX", id uuid) PARTITION BY HASH (id);
CREATE TABLE app."Part 1" PARTITION OF app."a""b" FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE POLICY "p""q" ON app."a""b" USING ("Own""er" = auth.role() COLLATE "C" AND id = auth.uid());
SELECT object_name, policy, columns, fix FROM pg_temp.found;
SELECT fix FROM pg_temp.found \gexec
SELECT object_name, policy, columns, fix FROM pg_temp.found;
DROP TABLE app."a""b";
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.grants (reader uuid, doc int);
CREATE POLICY granted ON app.posts FOR SELECT
  USING (EXISTS (SELECT FROM elsewhere.grants g WHERE g.doc = posts.id AND g.reader = auth.uid()));
SELECT schema_name, object_name, policy, columns, fix, detail ->> 'policy_on' AS policy_on
FROM rls.audit('{app}', '{policy_column_unindexed}');
DROP POLICY granted ON app.posts;

-- Small tables, once analysed, are for information; unanalysed ones are not known to be small.
CREATE POLICY edits ON app.posts USING (editor_id = auth.uid());
SELECT level, detail -> 'rows' AS rows FROM rls.audit('{app}', '{policy_column_unindexed}');
INSERT INTO app.posts (id, org_id) SELECT n, gen_random_uuid() FROM generate_series(1, 999) n;
ANALYZE app.posts;
SELECT level, detail -> 'rows' AS rows FROM rls.audit('{app}', '{policy_column_unindexed}');
INSERT INTO app.posts (id, org_id) VALUES (1000, gen_random_uuid());
ANALYZE app.posts;
SELECT level, detail -> 'rows' AS rows FROM rls.audit('{app}', '{policy_column_unindexed}');

-- A look-up in a view cannot be judged, and that is told; in one of the server's it is nobody's to mend.
CREATE VIEW app.mine AS SELECT team_id, user_id FROM app.members;
CREATE TABLE app.viewed (id int PRIMARY KEY, org_id uuid);
CREATE INDEX ON app.viewed (org_id);
CREATE POLICY team ON app.viewed USING (org_id IN (SELECT m.team_id FROM app.mine m WHERE m.user_id = auth.uid()));
CREATE POLICY servers ON app.viewed USING (EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = auth.role()));
SELECT rule, level, object_name, policy, message FROM pg_temp.found WHERE object_name IN ('viewed', 'mine', 'members', 'pg_roles');
ROLLBACK;
