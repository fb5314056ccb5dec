-- The report of the application, as it stands, on one page: anonymous, Alice, and a stranger.
SELECT rls.audit_report('html', format('{
  "anonymous": {"role": "anon"},
  "Alice": {"role": "authenticated", "claims": {"sub": "%s"}},
  "Mallory": {"role": "authenticated", "claims": {"sub": "%s"}}
}', id_of('user', 1), id_of('user', 666))::jsonb, sample => 5000);
