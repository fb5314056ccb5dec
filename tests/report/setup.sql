-- A database for the page: 200 tables in five schemas, policies that read each other, some in cycles,
-- and names that try to be more than text.
SET client_min_messages = warning;
CREATE EXTENSION rowguard;
CREATE ROLE page_nobody NOLOGIN;
CREATE ROLE page_user NOLOGIN;
ALTER DATABASE report SET rowguard.exposed_roles = 'page_nobody, page_user';

CREATE SCHEMA sales;
CREATE SCHEMA people;
CREATE SCHEMA warehouse;
CREATE SCHEMA billing;
CREATE SCHEMA "<script>window.injected='schema'</script>";
CREATE TABLE people.members (team_id int, user_id uuid, PRIMARY KEY (team_id, user_id));
INSERT INTO people.members SELECT n % 7, ('00000000-0000-4000-8000-00000000000' || n % 10)::uuid FROM generate_series(1, 60) n ON CONFLICT DO NOTHING;
ALTER TABLE people.members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON people.members FOR SELECT TO page_user USING (user_id = auth.uid());

-- Ordinary ones: by owner, by team, open, closed, for everybody; 49 in each of four schemas.
SELECT format('CREATE TABLE %1$I.things_%2$s (id int PRIMARY KEY, team_id int, owner_id uuid)', s, n),
       format($q$INSERT INTO %1$I.things_%2$s SELECT n, n %% 7, ('00000000-0000-4000-8000-00000000000' || n %% 10)::uuid FROM generate_series(1, 30) n$q$, s, n),
       CASE WHEN n % 10 <> 9 THEN format('ALTER TABLE %I.things_%s ENABLE ROW LEVEL SECURITY', s, n) END,
       CASE n % 10
         WHEN 0 THEN format('CREATE POLICY everybody ON %I.things_%s FOR SELECT USING (true)', s, n)
         WHEN 1 THEN format('CREATE POLICY mates ON %I.things_%s TO page_user USING (team_id IN (SELECT m.team_id FROM people.members m WHERE m.user_id = auth.uid()))', s, n)
         WHEN 2 THEN format('CREATE POLICY neighbours ON %1$I.things_%2$s FOR SELECT TO page_user USING (id IN (SELECT t.id FROM %1$I.things_%3$s t))', s, n, n - 1)
         WHEN 8 THEN NULL
         ELSE format('CREATE POLICY mine ON %I.things_%s TO page_user USING (owner_id = auth.uid())', s, n)
       END
FROM unnest(ARRAY['sales', 'people', 'warehouse', 'billing']) AS s, generate_series(1, 49) AS n
ORDER BY s, n
\gexec

-- A cycle that fails, and a table that reads itself.
CREATE TABLE sales.orders (id int PRIMARY KEY);
CREATE TABLE sales.lines (id int PRIMARY KEY);
INSERT INTO sales.orders VALUES (1);
INSERT INTO sales.lines VALUES (1);
ALTER TABLE sales.orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE sales.lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_lines ON sales.orders FOR SELECT TO page_user USING (id IN (SELECT l.id FROM sales.lines l));
CREATE POLICY of_orders ON sales.lines FOR SELECT TO page_user USING (id IN (SELECT o.id FROM sales.orders o));

-- Hostile names, in every place where a name can stand.
CREATE TABLE "<script>window.injected='schema'</script>"."</script><script>window.injected='table'</script>" (
  id int PRIMARY KEY, """ onmouseover=""window.injected='column'" int);
INSERT INTO "<script>window.injected='schema'</script>"."</script><script>window.injected='table'</script>" VALUES (1, 1);
ALTER TABLE "<script>window.injected='schema'</script>"."</script><script>window.injected='table'</script>" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "javascript:window.injected='policy'" ON "<script>window.injected='schema'</script>"."</script><script>window.injected='table'</script>"
  FOR SELECT TO page_user USING (id IN (SELECT o.id FROM sales.orders o));
CREATE POLICY "</title></svg><img src=x onerror=window.injected='svg'>" ON "<script>window.injected='schema'</script>"."</script><script>window.injected='table'</script>"
  FOR SELECT TO page_nobody USING (true);
CREATE FUNCTION sales."<iframe srcdoc='<script>parent.injected=1</script>'>"(int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE FUNCTION sales.raises() RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION '<img src=x onerror="window.injected=''message''">%"><script>window.injected=''message''</script>', E'\n'; END $$;
CREATE TABLE sales.broken (id int);
INSERT INTO sales.broken VALUES (1);
ALTER TABLE sales.broken ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Broken & <b>bold</b>" ON sales.broken TO page_user USING (sales.raises());
CREATE VIEW sales.everything AS SELECT t.* FROM sales.things_1 t;

GRANT USAGE ON SCHEMA sales, people, warehouse, billing, "<script>window.injected='schema'</script>" TO page_nobody, page_user;
GRANT SELECT ON ALL TABLES IN SCHEMA sales, people, "<script>window.injected='schema'</script>" TO page_nobody;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sales, people, warehouse, billing, "<script>window.injected='schema'</script>" TO page_user;
GRANT TRUNCATE ON sales.things_1 TO page_user;
COMMENT ON POLICY everybody ON sales.things_10 IS 'rowguard:allow policy_always_true <script>window.injected=''comment''</script>';
ANALYZE;
