"""What holds for every test: how many examples a law tries, and that the machine it runs on is a person's own.

A law tries 50 examples by default, the same ones in every run, so that what passes here passes everywhere; 1,000 new
ones with `HYPOTHESIS_PROFILE=thorough` (`make laws`). In CI only tracked files are read and shown; the tests that are
about that set the variables themselves.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tfcheck.repository.laptop import signs

for _name in signs(os.environ):
    del os.environ[_name]

settings.register_profile(
    "quick",
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=1000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
