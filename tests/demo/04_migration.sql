\echo '== 4. The migration that mends it'
\echo
SET client_min_messages = warning;
\pset footer off
BEGIN;
-- What was written by hand and wrong goes; all in one transaction, so nobody sees a table without its policies.
SELECT format('DROP POLICY %I ON %s', polname, polrelid::regclass) FROM pg_policy \gexec
\echo '-- What is private to one user: a policy per command, an index where none serves.'
SELECT 'profiles' AS "table", kind, object, action FROM rls.owner_access('profiles', 'user_id')
UNION ALL SELECT 'settings', kind, object, action FROM rls.owner_access('settings', 'user_id')
UNION ALL SELECT 'posts', kind, object, action FROM rls.owner_access('posts', 'author_id')
UNION ALL SELECT 'accounts', kind, object, action FROM rls.owner_access('accounts', 'owner_id', commands => '{select}')
UNION ALL SELECT 'team_members', kind, object, action FROM rls.owner_access('team_members', 'user_id', commands => '{select}')
UNION ALL SELECT 'organisation_members', kind, object, action FROM rls.owner_access('organisation_members', 'user_id', commands => '{select}');
\echo '-- What belongs to a team or an organisation, by the tables that say who is in it.'
SELECT 'teams' AS "table", kind, object, action FROM rls.team_access('teams', 'id', 'team_members', 'team_id', 'user_id', commands => '{select}')
UNION ALL SELECT 'projects', kind, object, action FROM rls.team_access('projects', 'team_id', 'team_members', 'team_id', 'user_id')
UNION ALL SELECT 'organisations', kind, object, action FROM rls.team_access('organisations', 'id', 'organisation_members', 'organisation_id', 'user_id', commands => '{select}')
UNION ALL SELECT 'documents', kind, object, action FROM rls.team_access('documents', 'organisation_id', 'organisation_members', 'organisation_id', 'user_id', commands => '{select}');
\echo '-- What they write is plain SQL; a dry run shows it:'
SELECT sql FROM rls.owner_access('posts', 'author_id', commands => '{select}', name => 'my_posts', dry_run => true)
WHERE kind = 'policy' \g (format=unaligned tuples_only=on)
\echo
\echo '-- One policy is of no such shape, and written by hand, on auth.uid().'
ALTER TABLE transactions ENABLE ROW LEVEL SECURITY;
CREATE POLICY transactions_parties ON transactions FOR SELECT TO authenticated USING (EXISTS (
  SELECT FROM accounts a WHERE a.owner_id = auth.uid() AND a.id IN (transactions.from_id, transactions.to_id)));
GRANT SELECT ON accounts, transactions TO authenticated;
DROP FUNCTION transfer_funds;
\echo '-- The rest is what the audit itself prints as its fixes:'
SELECT DISTINCT fix FROM rls.audit() WHERE fix IS NOT NULL ORDER BY fix \g (format=unaligned tuples_only=on)
SELECT DISTINCT fix FROM rls.audit() WHERE fix IS NOT NULL ORDER BY fix \gexec
\echo
\echo '-- Money moves whole or not at all, for its owner only.'
SELECT atomic.attach_ledger('main', 'accounts', 'transactions') \g /dev/null
SELECT rls.grant_to('authenticated', 'app') \g /dev/null
SELECT ledger, accounts, transfers, operator FROM atomic.ledgers;
COMMIT;
