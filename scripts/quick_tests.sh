#!/bin/sh
# The tests that need neither git nor a tool of the developers, on systems where the Makefile does not work.
set -eu
python -m pip install --quiet --editable . pytest pytest-xdist hypothesis jsonschema markdown-it-py
python -m pytest -n auto tests/hcl/syntax tests/iam tests/plan tests/role tests/startup tests/symbolic tests/verdict tests/vocabulary
python -m tfcheck --fail-on never testdata/literal-missing/plan.json
