# Everything here makes its own environment first, from Python 3.11 or newer and the network or cache that pip uses.
PYTHON ?= python3
VENV ?= .venv

RUN = $(VENV)/bin/python -m
# Without compiled modules every worker, and every command that a test starts, would compile all of them again.
unexport PYTHONDONTWRITEBYTECODE
SAMPLE = testdata/literal-missing/plan.json
# These are planned with other providers than 5.100, or with another Terraform or OpenTofu than their main.tf allows:
# `scripts.make_plans --providers DIR --terraform COMMAND` plans them again.
OTHERS = buckets-of-account documents-of-an-older-provider express-services regions-of-resources s3-files-volumes \
	newer-language objects-left-behind policies-left-behind
CASES = $(filter-out $(OTHERS:%=testdata/%),$(patsubst %/main.tf,%,$(wildcard testdata/*/main.tf)))

.DEFAULT_GOAL := help
.PHONY: help demo test quick package site laws fuzz mutants bombs selftest check format docs testdata bench clean

help: ## show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.package ## install tfcheck into .venv and check a sample plan
	@echo '$$ tfcheck $(SAMPLE)'; echo
	@status=0; $(RUN) tfcheck $(SAMPLE) || status=$$?; echo; \
	if [ $$status -eq 1 ]; then \
		echo 'tfcheck ended with exit status 1: it found the mistake that this sample was made with. All is well.'; \
	else \
		echo "tfcheck ended with exit status $$status, but 1 was expected."; exit 1; \
	fi

test: $(VENV)/.tools ## run the tests
	$(RUN) pytest -n auto --dist worksteal

QUICK = analysis checks cli config iam inventory plan report role startup symbolic verdict vocabulary
quick: $(VENV)/.tools ## run a third of the tests in half a minute: no laws, no browser, not all cases
	$(RUN) pytest -n auto --dist worksteal -m 'not long and not hypothesis' $(QUICK:%=tests/%)

package: $(VENV)/.tools ## build wheel and sdist into dist/
	$(RUN) build --outdir dist

laws: $(VENV)/.tools ## run the tests with 1,000 examples a law (property test) and all combinations; takes long
	HYPOTHESIS_PROFILE=thorough $(RUN) pytest -n auto --dist worksteal

fuzz: $(VENV)/.tools ## change plans and sources at random for a minute, and report what tfcheck does not survive
	$(RUN) fuzz --seconds $(or $(SECONDS),60) --seed $(or $(SEED),0)

mutants: $(VENV)/.tools ## break one rule of policies at a time, and check that a test catches it; takes long
	$(RUN) scripts.mutate_iam

bombs: $(VENV)/.tools ## check that no input of 20 MB takes long or much memory; takes some minutes
	TFCHECK_SLOW_TESTS=1 $(RUN) pytest tests/test_bombs.py

selftest: $(VENV)/.tools ## run the GitHub Action with act; takes some minutes
	TFCHECK_SLOW_TESTS=1 $(RUN) pytest tests/pull_request/test_act.py tests/pull_request/test_act_examples.py

check: $(VENV)/.tools ## format, lint, types, import layers, unused code, docs, tests: what CI runs
	$(RUN) ruff format --check
	$(RUN) ruff check
	$(RUN) mypy
	$(VENV)/bin/lint-imports
	$(RUN) vulture
	$(RUN) scripts.docs --check
	$(RUN) pytest -n auto --dist worksteal

format: $(VENV)/.tools ## format the code and fix what the linter can fix
	$(RUN) ruff format
	$(RUN) ruff check --fix

docs: $(VENV)/.tools ## write the generated parts of README.md and docs/, and the screens of the tests
	$(RUN) scripts.docs
	$(RUN) tests.test_screens

site: $(VENV)/.package ## build the documentation as a site, into site/
	@$(PYTHON) scripts/environment.py $(VENV) --docs
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict

testdata: $(VENV)/.tools ## make the plans of testdata/ again; needs terraform and moto, see CONTRIBUTING.md
	@for case in $(CASES); do \
		flags=; \
		if [ -e $$case/tfplan ]; then flags="$$flags --tfplan"; fi; \
		if [ -e $$case/noop.plan.json ]; then flags="$$flags --again"; fi; \
		$(RUN) scripts.make_plans $$flags $$case || exit 1; \
	done

bench: $(VENV)/.package ## measure time and memory on generated plans
	$(RUN) benchmarks.run

clean: ## remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# A change of pyproject.toml may drop a dependency: the environment is made from scratch then.
$(VENV)/.package: pyproject.toml scripts/environment.py
	@$(PYTHON) scripts/environment.py $(VENV)
	@touch $@

$(VENV)/.tools: $(VENV)/.package
	@$(PYTHON) scripts/environment.py $(VENV) --tools
	@touch $@
