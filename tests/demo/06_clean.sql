\echo '== 6. The audit, again'
\echo
\pset footer off
SELECT count(*) AS findings FROM rls.audit();
SELECT rls.assert_clean('info') \g /dev/null
\echo '-- Clean: the pipeline goes on.'
\echo
