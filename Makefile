# Needs make, Python 3.11 or newer, and (for missing system packages) apt. Everything else comes into .venv and var/.
#
#   make run                     the whole portal: http://localhost:8000 (PORT=, VAR= for a second copy)
#   make test                    everything; needs Chromium            make test-quick    without browser and faults
#   make bench                   speed; DATA=folder measures on a real list, WRITE=1 writes docs/performance.md
#   make release                 source, recipe of images, SBOM, data dictionary, checksums, signature (RELEASE_KEY=file), in var/release
#   make lint  coverage-of-requirements  lock  clean

SHELL := /bin/sh
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then command -v $$python; break; fi; done)
BOOTSTRAP = $(or $(PYTHON),$(error Python 3.11 or newer is needed: install it, e.g. with `apt-get install python3`, or name it with `make PYTHON=/path/to/python3`)) -I portal/launcher/bootstrap.py
VENV = .venv/bin/python
TEST_VAR ?= var/test
# A folder for each kind of data, so that neither is measured with the other.
BENCH_VAR ?= var/bench/$(if $(DATA),real,generated)
WITH_SERVICES = $(VENV) -m portal.launcher exec --throwaway --var $(TEST_VAR) --
PYTEST = $(WITH_SERVICES) $(VENV) -m pytest -n 2 --durations=25 --durations-min=1 $(PYTEST_ARGS)

# A portal and its tests start many processes, each of which imports a thousand modules of ours: they are compiled once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := run
.PHONY: run test test-again test-quick lint bench bench-search bench-front bench-national bench-hostile bench-sign-in bench-signed-in bench-sealing bench-old-papers bench-desk bench-dossiers bench-due-dates bench-decade bench-outbox bench-corpus bench-petitions bench-reconcile bench-statistics bench-outage bench-callbacks bench-vouchers bench-petitions-desk bench-filing bench-forms bench-people bench-synchronisation bench-messages bench-assistant bench-sign-on bench-catalogue-life drill ready-for-drill bench-watching bench-understood release coverage-of-requirements lock clean ready ready-for-tests ready-for-bench checks

run:
	@exec $(BOOTSTRAP) -- portal.launcher run

test: ready-for-tests checks
	$(PYTEST)

# Some tests alone, one after the other: TESTS="tests/a/test_b.py::test_c" or TESTS=@file
test-again: ready-for-tests
	$(WITH_SERVICES) $(VENV) -m pytest -p no:cacheprovider $(PYTEST_ARGS) $(TESTS)

test-quick: ready
	$(PYTEST) -m "not browser and not fault"

lint: ready checks

bench: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench $(if $(WRITE),--write) $(if $(DATA),--data $(DATA))

# The proxy in front and the mix of a national day.
bench-front: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.front $(if $(WRITE),--write) $(if $(DATA),--data $(DATA))

# Random, hostile and enormous questions: no error of ours, none above 200 ms.
bench-hostile: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.hostile $(if $(WRITE),--write) $(if $(DATA),--data $(DATA))

# 10,000 hostile numbers at sign-in: words, statuses and times tell nobody who has an account.
bench-sign-in: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.sign_in $(if $(WRITE),--write)

# Pages of somebody who is signed in.
bench-signed-in: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.signed_in $(if $(WRITE),--write) $(if $(DATA),--data $(DATA))

# Sign-ins to other systems a second: authorize, token, userinfo.
bench-sign-on: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.sign_on $(if $(WRITE),--write)

# What an hour without the sealer of the audit trail leaves behind.
bench-sealing: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.sealing $(if $(WRITE),--write)

# Old papers from the scan to the drawn copy; READ=1 has their text read, too.
bench-old-papers: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.old_papers $(if $(READ),--read) $(if $(WRITE),--write)

# The desk's list and search over the dossiers of a province.
bench-desk: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.desk $(if $(WRITE),--write)

# The desk of dossiers over a million with ten million events: pages, acts, queries, the ratio to ten thousand.
bench-dossiers: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.dossiers $(if $(ROWS),--rows $(ROWS)) $(if $(WRITE),--write)

# How many due dates a second: limits of all kinds, in several calendars.
bench-due-dates: ready-for-bench
	$(VENV) -m bench.due_dates $(if $(WRITE),--write)

# The data of ten years beside the present ones.
bench-decade: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.decade $(if $(WRITE),--write) $(if $(DATA),--data $(DATA))

# What waited while the broker was away, or for longer: how fast it goes out.
bench-outbox: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.outbox $(if $(WRITE),--write)

# Payments settled a second as institutions report them.
bench-callbacks: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.callbacks $(if $(WRITE),--write)

# Dossiers a second from one-stop systems, by both doors.
bench-synchronisation: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.synchronisation $(if $(WRITE),--write)

# Signed and sealed messages in and out, tokens a second, a day's waiting messages delivered.
bench-messages: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.messages $(if $(COUNT),--count $(COUNT)) $(if $(WAITING),--waiting $(WAITING)) $(if $(WRITE),--write)

# Signed vouchers fetched, examined and kept a second.
bench-vouchers: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.vouchers $(if $(WRITE),--write)

# The desk of petitions over a million of them, and petitions sent a second over HTTP.
bench-petitions-desk: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.petitions $(if $(ROWS),--rows $(ROWS)) $(if $(WRITE),--write)

# Filings a second over HTTP, from the first answer to the receipt, beside the same by plain SQL.
bench-filing: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.filing $(if $(ROWS),--rows $(ROWS)) $(if $(WRITE),--write)

# A form of 150 questions: evaluated, shown, saved; a worker's memory over 500 uploads of 10 MB.
bench-forms: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.forms $(if $(UPLOADS),--uploads $(UPLOADS)) $(if $(WRITE),--write)

# Sign-ins a second, an account found among a million, pages of one's own.
bench-people: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.people $(if $(ROWS),--rows $(ROWS)) $(if $(WRITE),--write)

# Redis gone for ten minutes while 20,000 notices wait; takes a quarter of an hour.
bench-outage: ready-for-bench
	$(VENV) -m bench.outage $(if $(WRITE),--write)

# A national day with readers signed in and people filing, through the proxy, and by simulation what the promise needs.
bench-national: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.national $(if $(DATA),--data $(DATA)) $(if $(WRITE),--write)

# How often the search finds what people mean, against two other engines, on the real list (DATA=folder).
bench-search: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.search --data $(DATA) $(if $(QUESTIONS),--questions $(QUESTIONS)) $(if $(WRITE),--write)

# What a corpus of 100,000 texts costs in memory and in PostgreSQL.
bench-corpus: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.corpus $(if $(WRITE),--write)

# How often the assistant answers by the right source, asks back, says that it does not know.
bench-assistant: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.assistant $(if $(WRITE),--write) $(if $(DATA),--data $(DATA)) $(if $(QUESTIONS),--questions $(QUESTIONS))

# A decision on one base and on 300 at midnight, the snapshot, partners that keep in step, the assistant's time.
bench-catalogue-life: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.catalogue_life $(if $(WRITE),--write) $(if $(DATA),--data $(DATA)) $(if $(BASES),--bases $(BASES))

# Published answers, answers like mine, figures: a million petitions, a tenth of them published.
bench-petitions: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.petitions_public $(if $(ROWS),--rows $(ROWS)) $(if $(WRITE),--write)

# A day of a million payments against a file of as many, and the desk's lists over five such days.
bench-reconcile: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.reconcile $(if $(ROWS),--rows $(ROWS)) $(if $(WRITE),--write)

# Statistics of a million dossiers: counted anew, folded, asked for.
bench-statistics: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.statistics $(if $(ROWS),--rows $(ROWS)) $(if $(WRITE),--write)

# The portal on several machines (all on this one's loopback), and each of them lost in turn: docs/operations.md says how far it is tried.
drill: ready-for-drill
	$(VENV) -m bench.drill $(if $(WRITE),--write) $(if $(KEEP),--keep)

# What metrics, counts and traces of one request in a hundred cost.
bench-watching: ready-for-bench
	$(VENV) -m portal.launcher exec --var $(BENCH_VAR) -- $(VENV) -m bench.watching $(if $(WRITE),--write)

# How well comments are understood: FILE=text,topic,mood.csv; without it the shipped examples, made by who knows the method.
bench-understood: ready
	$(VENV) -m bench.understood $(or $(FILE),tests/fixtures/opinions.csv)

# The hand-over package of what is committed, in var/release; RELEASE_KEY=file signs it.
release: ready
	DJANGO_SETTINGS_MODULE=portal.settings.test $(WITH_SERVICES) $(VENV) manage.py make_release var/release $(if $(RELEASE_KEY),--key $(RELEASE_KEY))

coverage-of-requirements: ready
	$(WITH_SERVICES) $(VENV) manage.py coverage_of_requirements

# --- parts ---

ready:
	@$(BOOTSTRAP)

ready-for-tests:
	@$(BOOTSTRAP) --test

ready-for-bench:
	@$(BOOTSTRAP) --bench

ready-for-drill:
	@$(BOOTSTRAP) --drill

checks:
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy .
	$(VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	DJANGO_SETTINGS_MODULE=portal.settings.test $(WITH_SERVICES) $(VENV) manage.py makemigrations --check --dry-run
	DJANGO_SETTINGS_MODULE=portal.settings.test $(WITH_SERVICES) $(VENV) manage.py check_translations

# All versions and hashes anew from requirements.in; no index address goes into the file.
lock:
	$(PYTHON) -m venv --clear var/lock
	var/lock/bin/python -m pip install --quiet uv
	UV_CUSTOM_COMPILE_COMMAND="make lock" var/lock/bin/uv --quiet pip compile requirements.in --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links --upgrade --output-file requirements.lock

# What can be made again. Never the data: those lie in var/.
clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache staticfiles var/test var/bench var/lock
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
