-- Rights: first nothing for anybody, then exactly what is meant.
REVOKE ALL ON SCHEMA auth, rls, atomic FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA auth, rls, atomic FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA auth, rls, atomic FROM PUBLIC;

-- Policies call the readers as whoever runs the query.
GRANT USAGE ON SCHEMA auth TO PUBLIC;
GRANT EXECUTE ON FUNCTION
  auth.uid(), auth.user_id(), auth.role(), auth.email(), auth.jwt(),
  auth.claim(text[]), auth.claim_text(text[]), auth.claim_uuid(text[]), auth.claim_bool(text[]),
  auth.claim_text_array(text[]), auth.claim_uuid_array(text[]),
  auth.tenant_id(), auth.has_role(text), auth.is_authenticated(), auth.expires_at(),
  auth.require_uid(), auth.explain(),
  auth.login(text), auth.logout()
TO PUBLIC;

-- Whoever acts as somebody has to find the way back, as RESET ROLE lets everybody.
GRANT USAGE ON SCHEMA rls TO PUBLIC;
GRANT EXECUTE ON FUNCTION rls.act_reset() TO PUBLIC;

-- What generated policies call.
GRANT EXECUTE ON FUNCTION rls.claim_matches(text[], text[], text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION
  rls.memberships(regclass, text[], text, text, text[], text, regclass, text, text, integer)
TO PUBLIC;
