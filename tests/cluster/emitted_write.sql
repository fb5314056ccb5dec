SELECT rls.emit_tests('{"alice": {"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000a"}},
  "bob": {"role": "authenticated", "claims": {"sub": "00000000-0000-4000-8000-00000000000b"}}, "stranger": {"role": "anon"}}', '{app}', :'format');
