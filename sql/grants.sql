-- Rights: first nothing for anybody, then exactly what is meant. Those of schema auth come with it.
REVOKE ALL ON SCHEMA rls, atomic FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA rls, atomic FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA rls, atomic FROM PUBLIC;

-- Whoever acts as somebody has to find the way back, as RESET ROLE lets everybody.
GRANT USAGE ON SCHEMA rls TO PUBLIC;
GRANT EXECUTE ON FUNCTION rls.act_reset() TO PUBLIC;

-- What generated policies call.
GRANT EXECUTE ON FUNCTION rls.claim_matches(text[], text[], text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION
  rls.memberships(regclass, text[], text, text, text[], text, regclass, text, text, integer)
TO PUBLIC;
