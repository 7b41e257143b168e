"""The sources of a plan: their place, their modules, and what each declares."""

from tfcheck.hcl.modules.find import FoundSources, find
from tfcheck.hcl.modules.module import Module
from tfcheck.hcl.modules.sources import Sources, from_directory, from_saved_plan

__all__ = ["FoundSources", "Module", "Sources", "find", "from_directory", "from_saved_plan"]
