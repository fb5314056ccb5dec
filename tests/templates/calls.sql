-- Every generator once, with more options from :options. Prints the SQL of the steps.
\pset tuples_only on
\pset format unaligned
\pset recordsep ';\n'
SELECT sql FROM rls.owner_access('app.posts', owner_columns => '{author_id,editor}' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.claim_access('app.reports', '{app_metadata,roles}', '{analyst}' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.public_read('app.articles', published_when => 'published' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.claim_access('app.notes', '{role}', '{authenticated}' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.tenant_isolation('app.notes' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.owner_access('app.files', roles => '{authenticated,support}' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.soft_delete('app.files', roles => '{public}', visible_to => '{support}' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.owner_access('app.offers' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.time_window('app.offers' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.owner_access('app.payments' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.mfa_required('app.payments' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.custom('app.reviews', 'author_id = (SELECT auth.uid()) OR score > 9', 'author_id = (SELECT auth.uid())' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.column_guard('app.reviews', '{score}', 'set_once' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.column_guard('app.reviews', '{approved}', 'owner_only', owner_column => 'author_id', exempt => '{support}' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.enable('app.closed' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.secure_view('app.titles' :options) WHERE sql IS NOT NULL;
\echo ;
SELECT sql FROM rls.enable_all('vault', event_trigger => true :options) WHERE sql IS NOT NULL;
\echo ;
