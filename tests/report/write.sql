-- The page of everything, as four identities; one has a name that tries to be more than text.
SELECT rls.audit_report('html', $identities${
  "nobody": {"role": "page_nobody"},
  "alice": {"role": "page_user", "claims": {"sub": "00000000-0000-4000-8000-000000000001"}},
  "bob": {"role": "page_user", "claims": {"sub": "00000000-0000-4000-8000-000000000002"}},
  "\"><script>window.injected='identity'</script>": {"role": "page_user", "claims": {"sub": "00000000-0000-4000-8000-000000000003", "note": "</script><script>window.injected='claim'</script>"}}
}$identities$, include_suppressed => true);
