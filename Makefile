# Every door of the project. Set-up is remembered in .venv and is done again only when its inputs change.
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test test-fast check trials machines container mutants coverage fix bench national package sbom lock clean
MAKEFLAGS += --no-print-directory

ready_to_run := .venv/ready-to-run
ready_to_test := .venv/ready-to-test
front_end := api/foundation/pages/static/govuk/NOTICE.txt

help:  ## what can be made here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(ready_to_test) $(front_end)  ## fetch everything that running, testing and changing it needs, into this folder

demo: $(ready_to_run) $(front_end)  ## start it on made-up cases, with a person of each role to sign in as
	@.venv/bin/caseaudit demo

serve: $(ready_to_run) $(front_end)  ## start it on your own database, as the environment says
	@.venv/bin/caseaudit serve

test: setup  ## run every check: format, lint, types, and the tests on SQLite and PostgreSQL
	@.venv/bin/python .setup/machine.py
	@.venv/bin/python .setup/check.py

test-fast: setup  ## run the short tests on SQLite: architecture, checklists, the ordinary path through each feature
	.venv/bin/python -m pytest -q -n 2 -m "fast and not trial" -k "not postgresql" --hypothesis-profile fast

check: test  ## the same as make test

trials: setup  ## run the long trials, such as killing the server under load, and all that a test run asks in part
	@.venv/bin/python .setup/machine.py
	.venv/bin/python -m pytest -m trial --ignore=tests/trials/several_machines --ignore=tests/trials/container
	.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --thorough

machines: setup  ## run the trials of several machines: as root, with Debian's pgbouncer, patroni, etcd-server, haproxy and python3-idna
	.venv/bin/python -m pytest -m trial tests/trials/several_machines

container: setup  ## build the container file from a local root file system and run its image: as root, with buildah and debootstrap
	.venv/bin/python -m pytest -m trial tests/trials/container

mutants: setup  ## break the rules one at a time in a copy, and see whether their tests notice
	.venv/bin/python -m tests.mutants

coverage: setup  ## see that the tests of sign-in, disclosure control, trail and sign-off run every line and branch of them
	.venv/bin/python -m tests.covered

fix: $(ready_to_test)  ## put right what format and lint can put right themselves
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

bench: setup  ## measure it on this machine
	@.venv/bin/python .setup/machine.py
	.venv/bin/python -m benchmarks

national: setup  ## measure 150 organisations with up to a million audits on PostgreSQL: about an hour, 30 GB of disk
	.venv/bin/python -m benchmarks.national

package: setup  ## build the wheel into dist/, and try it in a fresh environment without network, make or Node
	@.venv/bin/python .setup/package.py
	@.venv/bin/python .setup/components.py

sbom: $(ready_to_run)  ## list every component with its version and licence: docs/papers, and dist/ for programs
	@.venv/bin/python .setup/components.py

lock: $(ready_to_run)  ## remake the locks from pyproject.toml, with the newest versions that fit
	.setup/lock

clean:  ## take away everything that set-up and tests made
	rm -rf .venv dist node_modules api/foundation/pages/static/govuk .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(ready_to_run): requirements.lock pyproject.toml .setup/install
	@echo "Installing what Case Audit runs on into .venv (a minute or so the first time)"
	@.setup/install requirements.lock
	@touch $@

$(ready_to_test): requirements-dev.lock pyproject.toml .setup/install
	@echo "Installing what Case Audit and its tests run on into .venv (a minute or two the first time)"
	@.setup/install requirements-dev.lock
	@touch $(ready_to_run) $@

$(front_end): package-lock.json .setup/front_end.py | $(ready_to_run)
	@echo "Fetching the look of the pages"
	@.venv/bin/python .setup/front_end.py
	@touch $@
