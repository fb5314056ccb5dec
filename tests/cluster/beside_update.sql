-- An upgrade follows the same rule as CREATE EXTENSION.
ALTER EXTENSION rowguard UPDATE TO 'next';
SELECT extversion FROM pg_extension WHERE extname = 'rowguard';
\i tests/cluster/beside_functions.sql
