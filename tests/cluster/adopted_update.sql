-- An upgrade leaves adopted functions alone, too: they are no members.
ALTER EXTENSION rowguard UPDATE TO 'later';
SELECT extversion FROM pg_extension WHERE extname = 'rowguard';
\i tests/cluster/beside_functions.sql
