"""Show that the tests catch broken rules of policies, and of their use: break one at a time, in a copy, and run them.

    python scripts/mutate_iam.py [PART OF A NAME]

Prints a table of the variants with the test that caught each. Ends with status 1 if one survives, and at once if the
tests cannot run. A variant whose text is no longer there counts as a survivor: it shows nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import cache_from_source
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = (
    "tests/symbolic/test_match.py",
    "tests/symbolic/test_assigned_values.py",
    "tests/iam",
    "tests/verdict/resource_policy/test_resource_policy.py",
    "tests/verdict/test_judge.py",
)

#: Name, file below src/tfcheck, the text to replace (once), and what to put there.
VARIANTS: tuple[tuple[str, str, str, str], ...] = (
    # wildcards
    ("`?` is only itself", "symbolic/wildcards.py", 'all(one in ("?", other)', "all(one in (other,)"),
    (
        "a star needs a character",
        "symbolic/wildcards.py",
        "_contains_parts(subject, len(head), rest)",
        "_contains_parts(subject, len(head) + 1, rest)",
    ),
    ("a part may be missing", "symbolic/wildcards.py", "if start < 0:", "if start < -1:"),
    (
        "prefix and suffix may overlap",
        "symbolic/wildcards.py",
        "return start <= end and _matches_at",
        "return _matches_at",
    ),
    ("unknown text has one character", "symbolic/match.py", "if length >= atom.hole.shortest or", "if length == 1 or"),
    (
        "unknown text fits any `?`",
        "symbolic/match.py",
        "length <= atom.hole.longest):\n            after",
        "length < 2):\n            after",
    ),
    (
        "a new id may begin like a known one",
        "symbolic/match.py",
        "known is literal or len(known) >=",
        "True or len(known) >=",
    ),
    ("a key is in every call", "iam/case_split.py", "[ABSENT] if isinstance(entry", "[] if isinstance(entry"),
    ("a key has a written value", "iam/case_split.py", ", _OTHER]", "]"),
    ("the case of a value is forgotten", "iam/case_split.py", "dict.fromkeys((one, one.swapcase()))", "(one,)"),
    ("variables take no value of a case", "iam/case_split.py", "key not in substituted and", ""),
    (
        "a day that is over comes again",
        "iam/condition.py",
        "Truth.of(asked.negated) if",
        "Truth.of(not asked.negated) if",
    ),
    ("equal symbols are forgotten", "symbolic/match.py", "and ours.key == theirs.key", "and False"),
    ("unknowns without a symbol are equal", "symbolic/match.py", "and ours.key is not None\n", "\n"),
    ("an unknown pattern has no wildcards", "symbolic/match.py", "atom.family, wild=True)", "atom.family, wild=False)"),
    (
        "wildcards in a value are wildcards",
        "symbolic/match.py",
        "if isinstance(part, Verbatim):",
        "if isinstance(part, int):",
    ),
    ("families are forgotten", "symbolic/match.py", 'piece.family if piece.symbol is not None else ""', '""'),
    (
        "members of a family differ in every part",
        "symbolic/disjoint.py",
        "read = tie if tie == _TIED else _NONE",
        "read = tie",
    ),
    (
        "a class meets every other",
        "symbolic/disjoint.py",
        "if without_ours:\n",
        "if True:\n        return True\n    if without_ours:\n",
    ),
    (
        "a negated class meets none",
        "symbolic/disjoint.py",
        "return without_theirs or not theirs <= ours",
        "return without_theirs",
    ),
    (
        "numbers equal their text",
        "symbolic/match.py",
        "isinstance(b, (str, list, dict)):\n        return Truth.FALSE",
        "isinstance(b, (str, list, dict)):\n        return Truth.of(str(a) == str(b))",
    ),
    (
        "lists of different length are equal",
        "symbolic/match.py",
        "if len(a) == len(b) else Truth.FALSE",
        "if a else Truth.FALSE",
    ),
    # actions
    ("actions are case-sensitive", "iam/action.py", "pattern = spelled.lower()", "pattern = spelled"),
    ("NotAction is Action", "iam/action.py", "return ~answer if actions.negated else answer", "return answer"),
    (
        "a wildcard in the service is fine",
        "iam/action.py",
        "Truth.UNKNOWN if entry.strange else Truth.TRUE",
        "Truth.TRUE",
    ),
    ("a blank is ignored", "iam/action.py", "pattern.split() != [pattern]", "False"),
    # resources
    (
        "resources ignore case",
        "iam/resource.py",
        "glob_known(ours[i], theirs[i])",
        "glob_known(ours[i].lower(), theirs[i].lower())",
    ),
    ("the partition does not matter", "iam/resource.py", "_ORDER = (2, 5, 1, 3, 4)", "_ORDER = (2, 5, 3, 4)"),
    ("region and account do not matter", "iam/resource.py", "_ORDER = (2, 5, 1, 3, 4)", "_ORDER = (2, 5, 1)"),
    (
        "stars never cross colons",
        "iam/resource.py",
        "return Truth.UNKNOWN if _crosses(",
        "return Truth.FALSE if _crosses(",
    ),
    ("stars cross colons", "iam/resource.py", "return Truth.UNKNOWN if _crosses(", "return Truth.TRUE if _crosses("),
    ("every star crosses colons", "iam/resource.py", "if _may_end_in_star(ours[k]) else (at + 1,)", ""),
    (
        "short ARNs match",
        "iam/resource.py",
        "glob(_beginning(entry), wanted.whole) & Truth.UNKNOWN",
        "glob(_beginning(entry), wanted.whole)",
    ),
    (
        "short ARNs never match",
        "iam/resource.py",
        "glob(_beginning(entry), wanted.whole) & Truth.UNKNOWN",
        "Truth.FALSE",
    ),
    (
        "NotResource is Resource",
        "iam/resource.py",
        "~answer & have_values((each.whole for each in resources.entries), context) if resources.negated else answer",
        "answer",
    ),
    (
        "`arn:…` matches a request on `*`",
        "iam/resource.py",
        "if isinstance(entry.whole, (str, PolicyTemplate)):\n            return Truth.FALSE",
        "if isinstance(entry.whole, (str, PolicyTemplate)):\n            return Truth.TRUE",
    ),
    ("wildcards in the type are fine", "iam/resource.py", "if _wild(_kind(last)[0]) else", "if False else"),
    ("a star in front of colons is certain", "iam/resource.py", "if _wild(before) or (wild", "if (wild"),
    # variables
    ("variables in every version", "iam/document.py", 'Truth.of(spelled == "2012-10-17")', "Truth.TRUE"),
    (
        "a variable without a value is empty",
        "iam/variables.py",
        "return list(default), lacks",
        'return default or [""], False',
    ),
    ("defaults are ignored", "iam/variables.py", "Variable(inside[1], inside[2])", "Variable(inside[1], None)"),
    ("a value brings wildcards", "iam/variables.py", "(*row, Verbatim(choice))", "(*row, choice)"),
    ("`${*}` is a wildcard", "iam/variables.py", "parts.append(Verbatim(found[1]))", "parts.append(found[1])"),
    # conditions
    (
        "negated operators fail without the key",
        "iam/condition.py",
        "or asked.if_exists or asked.negated)",
        "or asked.if_exists)",
    ),
    ("IfExists is ignored", "iam/condition.py", "or asked.if_exists or asked.negated)", "or asked.negated)"),
    ("ForAllValues fails without the key", "iam/condition.py", "bool(asked.quantifier) or", "False or"),
    (
        "ForAnyValue passes without the key",
        "iam/condition.py",
        "Truth.UNKNOWN if asked.if_exists else Truth.FALSE",
        "Truth.TRUE",
    ),
    ("ForAllValues is ForAnyValue", "iam/condition.py", '{"forallvalues": "all"', '{"forallvalues": "any"'),
    (
        "a negated operator needs one miss",
        "iam/condition.py",
        " if condition.operator.negated else matched",
        " if condition.operator.negated and len(condition.values) < 2 else matched",
    ),
    (
        "a variable without a value excludes nothing",
        "iam/variables.py",
        "return Truth.UNKNOWN if any(expand",
        "return Truth.TRUE if any(expand",
    ),
    (
        "presence is taken for granted",
        "iam/condition.py",
        "_agree(_missing(condition.operator), _present(condition, entry.value, context))",
        "_present(condition, entry.value, context)",
    ),
    (
        "absence is taken for granted",
        "iam/condition.py",
        "_agree(_missing(condition.operator), _present(condition, entry.value, context))",
        "_missing(condition.operator)",
    ),
    (
        "keys are case-sensitive",
        "iam/context.py",
        "lowered = key.lower()\n        entry",
        "lowered = key\n        entry",
    ),
    (
        "Null means present",
        "iam/condition.py",
        '{"true": absent, "false": ~absent}',
        '{"true": ~absent, "false": absent}',
    ),
    (
        "StringEquals takes wildcards",
        "iam/operators.py",
        "return equal(_literal(pattern), value)\n\n\ndef string_equals_i",
        "return glob(pattern, value)\n\n\ndef string_equals_i",
    ),
    (
        "StringLike takes none",
        "iam/operators.py",
        "return glob(pattern, value)\n\n\ndef arn_like",
        "return equal(_literal(pattern), value)\n\n\ndef arn_like",
    ),
    (
        "ArnLike crosses colons",
        "iam/operators.py",
        "ours, theirs = parse_arn(pattern), parse_arn(value)",
        "ours, theirs = None, None\n    if glob(pattern, value) is Truth.TRUE:\n        return Truth.TRUE",
    ),
    ("less than includes equal", "iam/condition.py", '"lessthan": operator.lt,', '"lessthan": operator.le,'),
    (
        "the other family of addresses matches",
        "iam/operators.py",
        "address.version == network.version and address in network",
        "address.version != network.version or address in network",
    ),
    (
        "conditions are alternatives",
        "iam/applies.py",
        "answer = answer & condition.evaluate(each, context)",
        "answer = answer | condition.evaluate(each, context)",
    ),
    # principals
    ("root is the role", "iam/principal.py", "return PrincipalMatch(account=here)", "return PrincipalMatch(role=here)"),
    (
        "the account is the role",
        "iam/principal.py",
        "return PrincipalMatch(account=equal(spelled, caller.account))",
        "return PrincipalMatch(role=equal(spelled, caller.account))",
    ),
    (
        "paths of roles matter",
        "iam/principal.py",
        'equal(split_literals(name, "/")[-1], caller.name)',
        "equal(name, caller.name)",
    ),
    (
        "a session is every session",
        "iam/principal.py",
        "PrincipalMatch(session=here & _is_session(name, caller))",
        "PrincipalMatch(session=here)",
    ),
    (
        "everybody is the role only",
        "iam/principal.py",
        'if spelled == "*":\n            return PrincipalMatch(session=Truth.TRUE)',
        'if spelled == "*":\n            return PrincipalMatch(role=Truth.TRUE)',
    ),
    (
        "NotPrincipal spares the role",
        "iam/principal.py",
        "all(way is Truth.TRUE for way in ways)",
        "any(way is Truth.TRUE for way in ways)",
    ),
    ("NotPrincipal spares a bounded session", "iam/principal.py", "for way in ways) or bounded:", "for way in ways):"),
    ("any service may assume the role", "iam/principal.py", "answer | equal(value, service)", "answer | Truth.TRUE"),
    # layers and the decision
    (
        "an explicit deny is overridden",
        "iam/decide.py",
        'if deny is _T:\n        return Denied("explicit", _origins(denying, _T))\n    core',
        "core",
    ),
    ("an open deny is ignored", "iam/decide.py", "if core is _T and deny is _F:", "if core is _T:"),
    (
        "the boundary is ignored",
        "iam/decide.py",
        "i, b = case.identity.allow, case.boundary.allow",
        "i, b = case.identity.allow, _T",
    ),
    ("the boundary grants", "iam/decide.py", "return (i & b) | direct", "return i | b | direct"),
    (
        "a role in a bucket policy passes the boundary",
        "iam/decide.py",
        "found.session | (found.role & b)",
        "found.session | found.role",
    ),
    (
        "everybody in a bucket policy needs the boundary",
        "iam/decide.py",
        "found.session | (found.role & b)",
        "(found.session | found.role) & b",
    ),
    (
        "the account grants by itself",
        "iam/decide.py",
        "found.session | (found.role & b)",
        "found.session | (found.role & b) | found.account",
    ),
    ("a key needs no key policy", "iam/decide.py", "(i & b & found.account) | direct", "(i & b) | direct"),
    (
        "a key policy for the account is enough",
        "iam/decide.py",
        "(i & b & found.account) | direct",
        "(b & found.account) | direct",
    ),
    ("another account needs one side", "iam/decide.py", "other = i & b & (", "other = i & b | ("),
    (
        "all resources are in the own account",
        "iam/decide.py",
        "_T if owner is None else equal(owner, request.caller.account)",
        "_T",
    ),
    (
        "an unreadable boundary allows",
        "iam/decide.py",
        "LayerAnswer(_U, boundary.deny",
        "LayerAnswer(_T, boundary.deny",
    ),
    (
        "an unreadable policy is ignored",
        "iam/decide.py",
        "if hidden and (layers.identity_hidden or layers.outside):",
        "if hidden and layers.outside:",
    ),
    (
        "a role outside has no other policies",
        "iam/decide.py",
        "if hidden and (layers.identity_hidden or layers.outside):",
        "if hidden and layers.identity_hidden:",
    ),
    (
        "an unreadable bucket policy is ignored",
        "iam/decide.py",
        "if hidden and layers.resource_hidden is not None else found",
        "if False else found",
    ),
    ("grants on keys are ignored", "iam/decide.py", "| direct | (_is_granted(layers) & (b | _U))", "| direct"),
    ("no boundary limits grants on keys", "iam/decide.py", "_is_granted(layers) & (b | _U)", "_is_granted(layers)"),
    (
        "an unknown Effect is Allow",
        "iam/layer.py",
        "truth = Truth.UNKNOWN\n        if statement.effect is not Effect.DENY",
        "pass\n        if statement.effect is not Effect.DENY",
    ),
    (
        "an invalid policy counts for nothing",
        "iam/decide.py",
        '        changes["identity_hidden"] = (*layers.identity_hidden, *invalid)\n',
        "",
    ),
    (
        "Effect in any case",
        "iam/document.py",
        'if effect not in ("Allow", "Deny"):',
        'effect = str(effect).title()\n        if effect not in ("Allow", "Deny"):',
    ),
    (
        "unknown operators are skipped",
        "iam/document.py",
        'raise _RefusedPolicyError("a Condition has an operator that does not exist")',
        "continue",
    ),
    (
        "a Principal on a role is skipped",
        "iam/document.py",
        'raise _RefusedPolicyError("a policy on a role has no Principal")',
        "return None",
    ),
    ("an unknown Statement is none", "iam/document.py", "(self.unread(statement, UNLISTED),)", "()"),
    # what is rarely met
    (
        "a key with several values is put into a string",
        "iam/variables.py",
        "isinstance(entry, (Absent, list, Set)) or variable.key.lower() in MULTIVALUED",
        "isinstance(entry, (Absent, list, Set))",
    ),
    (
        "combinations of variables are dropped",
        "iam/variables.py",
        "choices = choices if len(rows) * len(choices) <= _MOST_ROWS else [Unknown()]",
        "choices = choices[: max(1, _MOST_ROWS // len(rows))]",
    ),
    (
        "a Deny of the documented form is ignored",
        "iam/decide.py",
        "if isinstance(decision, Allowed) and forbidding:",
        "if False:",
    ),
    (
        "a Deny of the documented form must be sure",
        "iam/decide.py",
        "truth in denying if truth is not _F)",
        "truth in denying if truth is _T)",
    ),
    (
        "a grant opens a key of another account",
        "iam/decide.py",
        "| (_is_granted(layers) & _U)",
        "| _is_granted(layers)",
    ),
    (
        "a Sid on a role holds anything",
        "iam/document.py",
        "if self.kind is PolicyKind.IDENTITY and any(map(",
        "if any(()) and any(map(",
    ),
    # what stands on things, and the judge
    (
        "the case of a key matters to a grant",
        "verdict/resource_policy/resource_side.py",
        "each.lower() in known",
        "each in known",
    ),
    (
        "the first of several settings of a bucket remains",
        "inventory/setting.py",
        "    if all(equal(each.attribute(name), first",
        "    if True or all(equal(each.attribute(name), first",
    ),
    (
        "a setting that is not written overwrites another",
        "inventory/setting.py",
        "is_kept(each, sets, world) is not Truth.TRUE]",
        "is_kept(each, sets, world) is not Truth.TRUE and False]",
    ),
    (
        "a context that a grant wants equal may hold more",
        "verdict/resource_policy/resource_side.py",
        "return carried & _lists_all(whole, context) if whole else carried",
        "return carried",
    ),
    (
        "a grant that may be on the key is on it",
        "verdict/resource_policy/resource_side.py",
        "return truth if self.is_definite else truth & Truth.UNKNOWN",
        "return truth",
    ),
    (
        "a grant is for every operation",
        "verdict/resource_policy/resource_side.py",
        'contains(operations, request.action.partition(":")[2]) & ',
        "",
    ),
    ("every task runs on Fargate", "verdict/task_roles.py", "on_fargate=task.on_fargate or None", "on_fargate=True"),
    (
        "a grant is for everybody",
        "verdict/resource_policy/resource_side.py",
        "is_for & contains(operations,",
        "contains(operations,",
    ),
    (
        "a grant's constraints are ignored",
        "verdict/resource_policy/resource_side.py",
        " & self._constraints_hold(request.context)",
        "",
    ),
    (
        "a parameter of another account is one's own",
        "verdict/resource_policy/__init__.py",
        'ResourceSide(outside="a parameter outside the plan", outside_only_elsewhere=True, notes=notes)',
        "ResourceSide(notes=notes)",
    ),
    (
        "grants on a key are forgotten",
        "verdict/resource_policy/policies.py",
        "grants=_grants(subject, world),",
        "grants=KeyGrants(),",
    ),
    (
        "a resource's own policy counts before one that is set on it",
        "verdict/resource_policy/reading.py",
        "if (found.policy or found.hidden) and not _overwrites(subject, setting, world):",
        "if False:",
    ),
    (
        "a key's own policy never overwrites another resource's",
        "verdict/resource_policy/reading.py",
        "if (found.policy or found.hidden) and not _overwrites(subject, setting, world):",
        "if found.policy or found.hidden:",
    ),
    (
        "a registry's policy is forgotten",
        "verdict/resource_policy/policies.py",
        "for each in (own, registry) if each]",
        "for each in (own,) if each]",
    ),
    (
        "a registry of another region counts",
        "verdict/resource_policy/policies.py",
        "is_in_same_region(each.surroundings, near) & ",
        "",
    ),
    (
        "public access is never restricted",
        "verdict/resource_policy/bucket.py",
        "Truth.UNKNOWN if isinstance(value, Unknown) else Truth.of(value is True)",
        "Truth.FALSE",
    ),
    (
        "what waits for a policy is allowed",
        "verdict/judge.py",
        "    iam.Undecided: Verdict.UNKNOWN,",
        "    iam.Undecided: Verdict.ALLOWED,",
    ),
    (
        "an assumed account is not stated",
        "verdict/judge.py",
        "if rests and found.verdict is not Verdict.UNKNOWN:",
        "if False:",
    ),
)


def main() -> None:
    """Try the variants whose name contains the argument, all without one."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [each for each in VARIANTS if wanted in each[0]]
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("src", "tests", "docs", "pyproject.toml"):
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / part)
        for name, file, old, new in chosen:
            caught = _try(copy, copy / "src/tfcheck" / file, old, new)
            survivors += caught is None
            print(f"{'SURVIVED' if caught is None else 'caught':9} {name:52} {caught or file}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} caught")
    sys.exit(1 if survivors else 0)


def _try(copy: Path, path: Path, old: str, new: str) -> str | None:
    """Break one thing, run the tests, restore it; name what caught it, or None."""
    text = path.read_text(encoding="utf-8")
    if text.count(old) < 1:
        return None
    _write(path, text.replace(old, new, 1))
    try:
        return _first_failure(copy)
    finally:
        _write(path, text)


def _write(path: Path, text: str) -> None:
    """Write a module and remove what was compiled of it, which Python distinguishes by size and second only."""
    path.write_text(text, encoding="utf-8")
    Path(cache_from_source(path)).unlink(missing_ok=True)


def _first_failure(copy: Path) -> str | None:
    options = ("-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no")
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", *options, *TESTS]
    run = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return None
    failed = re.search(r"^FAILED (\S+)", run.stdout, re.MULTILINE)
    if failed is None:
        sys.exit(f"the tests could not run:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    return failed[1].removeprefix("tests/")


if __name__ == "__main__":
    main()
