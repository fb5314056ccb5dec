-- Every generator once, with more options from :options. Prints the SQL of the steps, a script.
\pset tuples_only on
\pset format unaligned
SELECT sql FROM rls.owner_access('app.posts', owner_columns => '{author_id,editor}' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.claim_access('app.reports', '{app_metadata,roles}', '{analyst}' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.public_read('app.articles', published_when => 'published' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.claim_access('app.notes', '{role}', '{authenticated}' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.tenant_isolation('app.notes' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.owner_access('app.files', roles => '{authenticated,support}' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.soft_delete('app.files', roles => '{public}', visible_to => '{support}' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.owner_access('app.offers' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.time_window('app.offers' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.owner_access('app.payments' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.mfa_required('app.payments' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.custom('app.reviews', 'author_id = (SELECT auth.uid()) OR score > 9', 'author_id = (SELECT auth.uid())' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.column_guard('app.reviews', '{score,stars}', 'set_once' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.column_guard('app.reviews', '{approved}', 'owner_only', owner_column => 'author_id', exempt => '{support}' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.enable('app.closed' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.secure_view('app.titles' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.enable_all('vault', event_trigger => true :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.team_access('app.tasks', 'team_id', 'app.team_members', 'team_id', 'user_id', 'role', write_roles => '{admin}' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.team_access('app.papers', '{org_id,team_id}', 'app.team_members', '{org_id,team_id}', 'user_id', active_when => 'role <> ''guest''' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.hierarchy_access('app.contracts', '[{"column": "org_id", "members": "team_members", "members_column": "org_id", "members_user_column": "user_id", "members_role_column": "role", "roles": ["admin"]}, {"column": "team_id", "members": "team_members", "members_column": "team_id", "members_user_column": "user_id"}]' :options) WHERE sql IS NOT NULL;
SELECT sql FROM rls.tree_access('app.scans', 'folder_id', 'app.folders', 'id', 'parent_id', 'app.folder_members', 'folder_id', 'user_id' :options) WHERE sql IS NOT NULL;
