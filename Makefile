# Everything lies in the scripts under pgrx-config/; this file only names it.
# PG_CONFIG=/path/to/pg_config or PG_MAJOR=17 chooses the PostgreSQL to work with.

.DEFAULT_GOAL := build
.PHONY: build help setup demo audit test test-cluster bench matrix schema rule-reference deny install uninstall installcheck clean

build: ## build the extension (release)
	@pgrx-config/build

setup: ## install what is missing: packages and headers
	@pgrx-config/setup

demo: ## show the main job on a throwaway server
	@pgrx-config/demo

audit: ## audit a schema dump: DUMP=schema.sql [LEVEL=warning] [FORMAT=text]
	@pgrx-config/audit

test: ## formatting, lints, unit, regression and isolation tests, install-script drift
	@pgrx-config/test

test-cluster: ## standby, pooler, dump and restore: what takes a second server
	@pgrx-config/test-cluster

bench: ## speed, as ratios against a peer in the same run
	@pgrx-config/bench

matrix: ## the test suite on every other PostgreSQL, in Debian roots (needs root)
	@pgrx-config/matrix

schema: ## regenerate sql/rowguard--<version>.sql from the source (maintainers)
	@pgrx-config/schema --write

rule-reference: ## rewrite the README's reference of the audit's rules (maintainers)
	@pgrx-config/rule-reference --write

deny: ## judge the dependencies: advisories, licences, sources (maintainers)
	@pgrx-config/deny

install: ## install into the PostgreSQL of PG_CONFIG, below DESTDIR if set
	@pgrx-config/install

uninstall: ## remove what install put there
	@pgrx-config/uninstall

installcheck: ## run the regression tests against the server that PGHOST, PGPORT, PGUSER name
	@pgrx-config/installcheck

clean: ## remove everything that was built
	@pgrx-config/clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14
