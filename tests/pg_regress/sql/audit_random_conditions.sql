-- What the audit says a condition can be, against what the server computes: random conditions over a
-- few columns, for every assignment of small domains. The verdict must allow whatever is computed,
-- and be exact where there are only constants. ROWGUARD_RANDOM_CONDITIONS says how many are tried,
-- ROWGUARD_RANDOM_SEED, between -1 and 1, which ones.
\set count 500
\getenv count ROWGUARD_RANDOM_CONDITIONS
\set seed 0.5
\getenv seed ROWGUARD_RANDOM_SEED
BEGIN;
CREATE SCHEMA trial;
CREATE TABLE trial.domain (b1 boolean NOT NULL, b2 boolean, i1 int NOT NULL, i2 int, s1 text NOT NULL, s2 text, n1 numeric NOT NULL,
  r1 double precision NOT NULL, c1 char(3) NOT NULL, d1 date NOT NULL);
INSERT INTO trial.domain
SELECT * FROM unnest('{t,f}'::boolean[]) b1, unnest('{t,f,NULL}'::boolean[]) b2, unnest('{-1,0,1,3}'::int[]) i1,
  unnest('{0,1,NULL}'::int[]) i2, unnest('{"",a,c}'::text[]) s1, unnest('{a,b,NULL}'::text[]) s2, unnest('{-1,0,0.5,NaN}'::numeric[]) n1,
  (VALUES ('NaN'::double precision, 'a', 'infinity'::date), ('-0', 'b ', '2024-01-01'), ('-Infinity', '', '-infinity'), (0.5, 'A', '2024-01-02')) v (r1, c1, d1);

-- Functions to be looked into.
CREATE FUNCTION trial.both(one boolean, two boolean) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT one AND two';
CREATE FUNCTION trial.either(boolean, boolean) RETURNS boolean LANGUAGE sql STABLE STRICT AS 'SELECT $1 OR $2';
CREATE FUNCTION trial.same(x int, y int) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN x = y;
CREATE FUNCTION trial.has(x int, f boolean) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT EXISTS (SELECT 1 WHERE f AND x = 1)';

CREATE FUNCTION pg_temp.one_of(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS
  'SELECT choices[1 + floor(random() * cardinality(choices))::int]';

-- A random expression of a kind, b, i or s; `fixed` is without columns and rows. A sub-query's
-- columns of its own are named q.
CREATE FUNCTION pg_temp.random_expression(kind text, depth int, fixed boolean) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    shape text;
    parts text[];
    part text;
BEGIN
    IF depth <= 0 THEN
        RETURN CASE kind
            WHEN 'b' THEN CASE WHEN fixed OR random() < 0.3 THEN pg_temp.one_of('true', 'false', 'NULL::boolean')
                               ELSE pg_temp.one_of('b1', 'b2') END
            WHEN 'i' THEN CASE WHEN fixed OR random() < 0.4 THEN pg_temp.one_of('0', '1', '2', 'NULL::int')
                               ELSE pg_temp.one_of('i1', 'i2') END
            ELSE CASE WHEN fixed OR random() < 0.4 THEN pg_temp.one_of('''a''::text', '''b''::text', '''''::text', 'NULL::text')
                      ELSE pg_temp.one_of('s1', 's2') END END;
    END IF;
    shape := CASE kind
        WHEN 'b' THEN pg_temp.one_of(VARIADIC ARRAY[
            'NOT %b', '%b AND %b', '%b OR %b', '%b AND %b AND %b', '%b OR %b OR %b', '%b IS NULL', '%b IS NOT NULL', '%i IS NULL', '%s IS NOT NULL',
            '%b IS TRUE', '%b IS NOT TRUE', '%b IS FALSE', '%b IS NOT FALSE', '%b IS UNKNOWN', '%b IS NOT UNKNOWN',
            '%i = %i', '%i <> %i', '%i < %i', '%i <= %i', '%i > %i', '%i >= %i', '%s = %s', '%s <> %s', '%b = %b', '%b <> %b', '%b < %b',
            '%i BETWEEN %i AND %i', '%i IN (%i, %i)', '%i NOT IN (%i, %i)', '%i = ANY (ARRAY[%i, %i])', '%i <> ALL (ARRAY[%i, %i])',
            '%i < ANY (ARRAY[%i, %i])', '%i = ANY (''{}''::int[])', '%i IN (0, 1, 2)', '%b IN (true, false)', '%s = ANY (''{a,b}''::text[])',
            '%i IS DISTINCT FROM %i', '%s IS NOT DISTINCT FROM %s', '%b IS DISTINCT FROM %b', '(%i, %b) = (%i, %b)', '(%i, %s) <> (%i, %s)',
            'CASE WHEN %b THEN %b ELSE %b END', 'CASE WHEN %b THEN %b WHEN %b THEN %b END', 'CASE %i WHEN %i THEN %b ELSE %b END',
            'coalesce(%b, %b)', 'coalesce(%b, %b, %b)', 'nullif(%b, %b)', '(SELECT %b)', '(SELECT %b WHERE %b)', 'EXISTS (SELECT 1 WHERE %b)',
            'NOT EXISTS (SELECT WHERE %b)', '%i IN (SELECT %i)', '%i NOT IN (SELECT %i WHERE %b)', '%i > ALL (SELECT %i WHERE %b)', '%s LIKE ''%%''', '%s NOT LIKE ''a''',
            'ARRAY[%i] @> ARRAY[%i]', 'ARRAY[%i, %i] && ARRAY[%i]', '%b::boolean', 'trial.both(%b, %b)', 'trial.either(%b, %b)', 'trial.same(%i, %i)', 'trial.has(%i, %b)']
            || CASE WHEN fixed THEN '{}' ELSE ARRAY[
            '(%i, %i) < (%i, %i)', 'greatest(%b, %b)', 'least(%i, %i) IS NULL', '%s < %s', '%i + 1 > %i', 'ARRAY[%i, %i] <@ ARRAY[%i]', '%s LIKE %s',
            '(%b IS NULL) = %b', '(NOT %b) <> %b', '%b IN (%b, NOT %b)', '(%b OR %b) IS DISTINCT FROM %b', 'i1 < %i OR i1 > %i', 'n1 < %i OR n1 > %i', 'n1 <= %i + 0.5 OR n1 > 1.0', 'n1 <> %i OR n1 <> 0.50', 'abs(n1) >= %i', 'greatest(i1, %i) >= %i', 'least(i2, %i) < %i', 'greatest(%i, i2, %i) > %i', 'least(n1, 1.5) < 1.6', 's2 ~ ''.*''',
            'r1 < 0.5 OR r1 > %i', 'r1 <= ''NaN'' AND r1 >= ''-Infinity''', 'r1 <> %i OR r1 <> ''-0''', 'r1 = 0.5 OR r1 < ''Infinity''', 'CASE WHEN r1 > 0.25 THEN r1 >= 0 ELSE r1 < %i END', 'r1 IN (0, ''NaN'') AND r1 > %i',
            'n1 < ''NaN'' OR n1 > %i', 'n1 <> ''NaN'' OR n1 <= ''Infinity''', 'c1 <> ''a'' OR c1 <> ''a  ''', 'c1 = ''b'' AND c1 = ''B''', 'c1 IN (''a'', ''b '') OR c1 NOT IN (''b'', ''a'')', 'c1 <> %s::bpchar OR c1 = ''a''', 'c1::text <> ''a ''',
            'd1 <= ''infinity'' AND d1 >= ''-infinity''', 'd1 < ''2024-01-02'' OR d1 > ''2024-01-01''', 'd1 <> ''infinity'' OR d1 <> ''-infinity''', 'd1 < ''-infinity'' OR %b', 'B''101'' > B''1'' AND %b',
            'i2 <= %i OR i2 <> %i', 's2 <> %s OR s2 <> %s', 'CASE WHEN i2 > %i THEN i2 >= %i ELSE i2 < %i END', 'i1 + %i < %i OR i1 >= %i', 'length(s2) > %i - 1',
            '(SELECT count(*) FROM (SELECT WHERE %b) v) >= %i', 'CASE WHEN s2 = %s THEN %b ELSE s2 IS DISTINCT FROM %s END', 'coalesce(nullif(b2, %b), b2 IS NULL)',
            'EXISTS (SELECT FROM (VALUES (%i), (%i)) v (q) WHERE v.q = %i)', 'EXISTS (SELECT FROM (SELECT %i AS q) v WHERE v.q > %i)',
            '(SELECT bool_or(v.q) FROM (VALUES (%b), (%b)) v (q))', '(SELECT count(*) FROM (SELECT WHERE %b) v) = %i', 'EXISTS (SELECT count(*) FROM (SELECT WHERE %b) v HAVING %b)',
            'EXISTS (SELECT FROM (SELECT %i AS q) v JOIN (SELECT %i AS r) w ON v.q = w.r AND %b)', '(SELECT w.r FROM (SELECT %i AS q) v LEFT JOIN (SELECT %b AS r, %i AS k) w ON v.q = w.k)',
            '%i IN (SELECT %i UNION SELECT %i)', '%i IN (SELECT %i EXCEPT SELECT %i)', 'EXISTS (WITH w AS (SELECT %i AS q WHERE %b) SELECT FROM w WHERE w.q = %i)',
            '%i <> ALL (ARRAY(SELECT %i WHERE %b))', '(SELECT max(v.q) FROM (VALUES (%i)) v (q) WHERE %b) IS NULL', 'EXISTS (SELECT 1 WHERE %b LIMIT 1)', 'EXISTS (SELECT 1 WHERE %b OFFSET 1)',
            '(SELECT v.q FROM (VALUES (%b), (%b)) v (q) WHERE %b LIMIT 1)', 'EXISTS (SELECT v.q FROM (VALUES (%i), (%i)) v (q) GROUP BY v.q HAVING v.q = %i)',
            '(SELECT every(v.q = %i) FROM (VALUES (%i), (%i)) v (q) WHERE %b)', '%i IN (SELECT v.q FROM (VALUES (%i), (%i)) v (q) WHERE %b)'] END)
        WHEN 'i' THEN pg_temp.one_of(VARIADIC ARRAY[
            '%i + %i', '%i - %i', '%i * %i', '%i / 2', '%i %% 2', 'coalesce(%i, %i)', 'nullif(%i, %i)', 'CASE WHEN %b THEN %i ELSE %i END', '(SELECT %i)', '(SELECT %i WHERE %b)',
            'length(%s)', '%i::bigint::int']
            || CASE WHEN fixed THEN '{}' ELSE ARRAY['greatest(%i, %i)', '(SELECT count(*) FROM (SELECT WHERE %b) v)::int', '(SELECT max(v.q) FROM (VALUES (%i), (%i)) v (q))', 'abs(%i)'] END)
        ELSE pg_temp.one_of(VARIADIC ARRAY[
            '%s || %s', 'coalesce(%s, %s)', 'nullif(%s, %s)', 'CASE WHEN %b THEN %s ELSE %s END', '%i::text', '(SELECT %s)', '%s::varchar::text']
            || CASE WHEN fixed THEN '{}' ELSE ARRAY['lower(%s)', 'concat(%s, %s)'] END)
        END;
    -- Each %b, %i, %s is one of its kind.
    parts := regexp_split_to_array(replace(shape, '%%', chr(1)), '%');
    shape := parts[1];
    FOREACH part IN ARRAY parts[2:] LOOP
        shape := shape || pg_temp.random_expression(left(part, 1), depth - 1 - floor(random() * 2)::int, fixed) || substr(part, 2);
    END LOOP;
    RETURN '(' || replace(shape, chr(1), '%') || ')';
END $$;

CREATE TABLE trial.result (
  condition text, fixed boolean, may_be_true boolean, may_be_false boolean, may_be_null boolean, is_true boolean, is_false boolean, is_null boolean);

-- One round: ten conditions a table, each as it stands, negated, and tested for NULL. Of each of the
-- three the audit says whether it is always or never true. The round is rolled back, so that its
-- locks are given back; what it found is kept in a variable.
CREATE PROCEDURE pg_temp.round(tables int) LANGUAGE plpgsql AS $$
DECLARE
    tried text;
    number int;
    fixed boolean;
    one trial.result;
    found trial.result[];
BEGIN
  BEGIN
    CREATE SCHEMA round;
    CREATE TEMP TABLE conditions (number int, condition text, fixed boolean);
    FOR at IN 1 .. tables LOOP
        EXECUTE format('CREATE TABLE round.t%s (LIKE trial.domain)', at);
        FOR place IN 1 .. 10 LOOP
            number := at * 10 + place - 1;
            fixed := random() < 0.2;
            tried := pg_temp.random_expression('b', 1 + floor(random() * 4)::int, fixed);
            INSERT INTO conditions VALUES (number, tried, fixed);
            EXECUTE format('CREATE POLICY t%s ON round.t%s USING (%s)', number, at, tried);
            EXECUTE format('CREATE POLICY f%s ON round.t%s USING (NOT %s)', number, at, tried);
            EXECUTE format('CREATE POLICY n%s ON round.t%s USING (%s IS NULL)', number, at, tried);
        END LOOP;
    END LOOP;
    CREATE TEMP TABLE verdicts AS SELECT policy, rule FROM rls.audit('{round}', '{policy_always_true,never_true}');
    FOR one IN
        SELECT c.condition, c.fixed,
          NOT EXISTS (SELECT FROM verdicts v WHERE v.policy = 't' || c.number AND v.rule = 'never_true')
            AND NOT EXISTS (SELECT FROM verdicts v WHERE v.policy IN ('f' || c.number, 'n' || c.number) AND v.rule = 'policy_always_true'),
          NOT EXISTS (SELECT FROM verdicts v WHERE v.policy = 'f' || c.number AND v.rule = 'never_true')
            AND NOT EXISTS (SELECT FROM verdicts v WHERE v.policy IN ('t' || c.number, 'n' || c.number) AND v.rule = 'policy_always_true'),
          NOT EXISTS (SELECT FROM verdicts v WHERE v.policy = 'n' || c.number AND v.rule = 'never_true')
            AND NOT EXISTS (SELECT FROM verdicts v WHERE v.policy IN ('t' || c.number, 'f' || c.number) AND v.rule = 'policy_always_true'),
          NULL, NULL, NULL
        FROM conditions c
    LOOP
        EXECUTE format('SELECT bool_or(x IS TRUE), bool_or(x IS FALSE), bool_or(x IS NULL)
                        FROM (SELECT %s AS x FROM trial.domain OFFSET 0) d', one.condition)
          INTO one.is_true, one.is_false, one.is_null;
        found := found || one;
    END LOOP;
    RAISE SQLSTATE 'ROUND';
  EXCEPTION WHEN SQLSTATE 'ROUND' THEN
    INSERT INTO trial.result SELECT * FROM unnest(found);
  END;
END $$;

SELECT setseed(:seed);
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL jit = off;
\set ECHO none
\o /dev/null
SELECT format('CALL pg_temp.round(%s)', least(50, (:count - done + 9) / 10))
FROM generate_series(0, :count - 1, 500) done
\gexec
\o
\set ECHO all
SELECT count(*) >= :count AS all_tried FROM trial.result;
-- No counterexample: what is computed is allowed.
SELECT * FROM trial.result
WHERE is_true AND NOT may_be_true OR is_false AND NOT may_be_false OR is_null AND NOT may_be_null;
-- Exact on constants: nothing else is.
SELECT * FROM trial.result
WHERE fixed AND may_be_true::int + may_be_false::int + may_be_null::int <> 1;
-- The trial can fail: many conditions have one answer only, many have all three.
SELECT count(*) FILTER (WHERE NOT may_be_true OR NOT may_be_false OR NOT may_be_null) * 5 > count(*) AS some_decided,
  count(*) FILTER (WHERE is_true AND is_false AND is_null) * 10 > count(*) AS some_open
FROM trial.result;
ROLLBACK;
