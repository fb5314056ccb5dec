-- Makes the current database one such as Supabase prepares them: its roles, a schema auth that is
-- not ours, the helpers in it as SQL functions over the request's settings, and an application whose
-- policies call them. For a superuser; roles that exist already are left as they are.
SET client_min_messages = warning;

-- Of the server: who traffic runs as, who may become them, and who makes and owns what is in schema auth.
SELECT format('CREATE ROLE %I %s', role, attributes)
FROM (VALUES
  ('anon', 'NOLOGIN NOINHERIT'),
  ('authenticated', 'NOLOGIN NOINHERIT'),
  ('service_role', 'NOLOGIN NOINHERIT BYPASSRLS'),
  ('authenticator', 'LOGIN NOINHERIT'),
  ('supabase_auth_admin', 'LOGIN NOINHERIT CREATEROLE')
) AS wanted (role, attributes)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role)
\gexec
GRANT anon, authenticated, service_role TO authenticator;

CREATE SCHEMA auth;
GRANT ALL ON SCHEMA auth TO supabase_auth_admin;
GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;

SET ROLE supabase_auth_admin;

-- Each claim by a setting of its own, as older gateways send it, else from the JSON of all claims.
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN current_setting('request.jwt.claim.sub', true) <> ''
      THEN current_setting('request.jwt.claim.sub', true)
    ELSE nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  END::uuid
$$;
COMMENT ON FUNCTION auth.uid() IS 'subject of the token';

CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN current_setting('request.jwt.claim.role', true) <> ''
      THEN current_setting('request.jwt.claim.role', true)
    ELSE nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  END
$$;
COMMENT ON FUNCTION auth.role() IS 'role of the token';

CREATE FUNCTION auth.email() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN current_setting('request.jwt.claim.email', true) <> ''
      THEN current_setting('request.jwt.claim.email', true)
    ELSE nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  END
$$;
COMMENT ON FUNCTION auth.email() IS 'e-mail address of the token';

CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT nullif(coalesce(nullif(current_setting('request.jwt.claim', true), ''),
                         current_setting('request.jwt.claims', true)), '')::jsonb
$$;
COMMENT ON FUNCTION auth.jwt() IS 'all claims of the token';

CREATE TABLE auth.users (
  id uuid PRIMARY KEY,
  email text UNIQUE,
  raw_app_meta_data jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
INSERT INTO auth.users (id, email) VALUES
  ('00000000-0000-4000-8000-00000000000a', 'alice@example.com'),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com');
GRANT REFERENCES ON auth.users TO PUBLIC;
RESET ROLE;

-- The application: every table of public is open to the API, so that policies decide alone.
GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;

CREATE TABLE public.profiles (
  id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE,
  email text,
  display_name text,
  public boolean NOT NULL DEFAULT false
);
CREATE TABLE public.todos (
  id int PRIMARY KEY,
  user_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users,
  task text,
  team text
);
CREATE INDEX ON public.todos (user_id);
INSERT INTO public.profiles VALUES
  ('00000000-0000-4000-8000-00000000000a', 'alice@example.com', 'Alice', false),
  ('00000000-0000-4000-8000-00000000000b', 'bob@example.com', 'Bob', true);
INSERT INTO public.todos VALUES
  (1, '00000000-0000-4000-8000-00000000000a', 'Alice''s', 'red'),
  (2, '00000000-0000-4000-8000-00000000000b', 'Bob''s', 'blue');

ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Public profiles are for everybody" ON public.profiles
  FOR SELECT USING (public);
CREATE POLICY "Users see the profile of their address" ON public.profiles
  FOR SELECT TO authenticated USING (email = (SELECT auth.email()));
CREATE POLICY "Users change their profile" ON public.profiles
  FOR UPDATE TO authenticated USING ((SELECT auth.uid()) = id);
ALTER TABLE public.todos ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users have their todos" ON public.todos
  USING (auth.role() = 'authenticated' AND auth.uid() = user_id);
CREATE POLICY "Team members see the team's todos" ON public.todos
  FOR SELECT TO authenticated
  USING (team = (auth.jwt() -> 'app_metadata' ->> 'team'));
