-- An application's tables, one per generator, open to the API's roles: policies decide alone.
SELECT format('CREATE ROLE %I NOLOGIN', role)
FROM unnest(ARRAY['anon', 'authenticated', 'support']) AS role
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role)
\gexec
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO anon, authenticated, support;
ALTER DEFAULT PRIVILEGES IN SCHEMA app
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO anon, authenticated, support;

CREATE TABLE app.posts (id int PRIMARY KEY, author_id uuid, editor text, title text);
CREATE TABLE app.reports (id int PRIMARY KEY, body text);
CREATE TABLE app.articles (id int PRIMARY KEY, author_id uuid, published boolean, body text);
CREATE TABLE app.notes (id int PRIMARY KEY, tenant_id uuid, body text);
CREATE TABLE app.files (id int PRIMARY KEY, user_id uuid, deleted_at timestamptz);
CREATE TABLE app.offers (id int PRIMARY KEY, user_id uuid, valid_from timestamptz, valid_until timestamptz);
CREATE TABLE app.payments (id int PRIMARY KEY, user_id uuid);
CREATE TABLE app.reviews (id int PRIMARY KEY, author_id uuid, score int, approved boolean, stars numeric);
CREATE TABLE app.closed (id int PRIMARY KEY);
CREATE VIEW app.titles AS SELECT id, author_id, title FROM app.posts;
CREATE SCHEMA vault;
CREATE TABLE vault.secrets (id int);
CREATE TABLE app.team_members (org_id int, team_id int, user_id uuid, role text);
CREATE TABLE app.folders (id int PRIMARY KEY, parent_id int);
CREATE TABLE app.folder_members (folder_id int, user_id uuid);
CREATE TABLE app.tasks (id int PRIMARY KEY, team_id int);
CREATE TABLE app.papers (id int PRIMARY KEY, org_id int, team_id int);
CREATE TABLE app.contracts (id int PRIMARY KEY, org_id int, team_id int);
CREATE TABLE app.scans (id int PRIMARY KEY, folder_id int);
REVOKE ALL ON app.team_members, app.folders, app.folder_members FROM anon, authenticated, support;

\set a '00000000-0000-4000-8000-00000000000a'
\set b '00000000-0000-4000-8000-00000000000b'
INSERT INTO app.posts VALUES (1, :'a', NULL, 'of a'), (2, :'b', :'a', 'of b, edited by a'), (3, :'b', NULL, 'of b');
INSERT INTO app.reports VALUES (1, 'one'), (2, 'two');
INSERT INTO app.articles VALUES (1, :'a', true, 'of a'), (2, :'a', false, 'draft of a'), (3, :'b', true, 'of b'), (4, :'b', false, 'draft of b');
INSERT INTO app.notes VALUES (1, :'a', 'of tenant a'), (2, :'b', 'of tenant b');
INSERT INTO app.files VALUES (1, :'a', NULL), (2, :'a', '2020-01-01'), (3, :'b', NULL);
INSERT INTO app.offers VALUES (1, :'a', NULL, NULL), (2, :'a', '2100-01-01', NULL), (3, :'a', NULL, '2020-01-01'), (4, :'b', NULL, NULL);
INSERT INTO app.payments VALUES (1, :'a'), (2, :'b');
INSERT INTO app.reviews VALUES (1, :'a', 5, NULL), (2, :'a', NULL, NULL), (3, :'b', 5, NULL);
INSERT INTO app.closed VALUES (1);
INSERT INTO app.team_members VALUES (1, 10, :'a', 'admin'), (1, 11, :'b', 'viewer'), (2, 20, :'b', 'admin');
INSERT INTO app.folders VALUES (1, NULL), (2, 1), (3, 2), (9, NULL);
INSERT INTO app.folder_members VALUES (2, :'a'), (9, :'b');
INSERT INTO app.tasks VALUES (1, 10), (2, 11), (3, 20);
INSERT INTO app.papers VALUES (1, 1, 10), (2, 1, 11), (3, 2, 10);
INSERT INTO app.contracts VALUES (1, 1, 10), (2, 1, 99), (3, 3, 11);
INSERT INTO app.scans VALUES (1, 1), (2, 2), (3, 3), (4, 9);
