"""Bombs in sources: expressions that are small and make something large, or take long."""

from __future__ import annotations

import base64
import gzip
import json

from tests.bombs.stack import Bomb, Making, evaluated

_MEGABYTE = 1 << 20


def doubled(first: str, again: str, times: int) -> str:
    """Declare local values each of which is made of the one before: `again` has it as `X`."""
    lines = [f"  x0 = {first}"]
    lines += [f"  x{i} = {again.replace('X', f'local.x{i - 1}')}" for i in range(1, times + 1)]
    return "locals {\n" + "\n".join(lines) + "\n}"


def local(expression: str, **more: str) -> str:
    """Declare local values, the first called `x`."""
    lines = [f"  {name} = {each}" for name, each in {"x": expression, **more}.items()]
    return "locals {\n" + "\n".join(lines) + "\n}"


def aliases(levels: int) -> str:
    """Write YAML in which every level is ten times the one below."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines) + "\n"


def _text(characters: int) -> str:
    """Write an expression for a text of so many characters, which are made while it is evaluated."""
    return f'join("", [for i in range(1000) : format("%{characters // 1000}s", "a")])'


_LONG = _text(1_000_000)
_HUGE = "9" * 4000
_UNKNOWN = "aws_iam_role.execution.unique_id"


def denied(key: str) -> Making:
    """Let the task name an object by a key that no statement covers, so that a fix is searched for."""

    def make() -> Bomb:
        bomb = evaluated(f'"{key}"')()
        main = str(bomb.files["main.tf"]).replace('Resource = "arn:aws:s3:::config/', 'Resource = "arn:aws:s3:::other/')
        return Bomb(bomb.plan, {**bomb.files, "main.tf": main})

    return make


def called(expression: str) -> Making:
    """Use a module that is called far more often than any plan can have it."""

    def make() -> Bomb:
        bomb = evaluated(expression, 'module "m" {\n  source = "./m"\n  count  = 99999999999999999999999\n}')()
        assert isinstance(bomb.plan, dict)
        inner = {"outputs": {"y": {"expression": {"constant_value": "a"}}}}
        call = {"source": "./m", "count_expression": {"constant_value": 99999999999999999999999}, "module": inner}
        bomb.plan["configuration"]["root_module"]["module_calls"] = {"m": call}
        return Bomb(bomb.plan, {**bomb.files, "m/main.tf": 'output "y" {\n  value = "a"\n}\n'})

    return make


SOURCES: dict[str, Making] = {
    # Doubling
    "double-text": evaluated("local.x60", doubled('"ab"', '"${X}${X}"', 60)),
    "double-text-with-unknown": evaluated("local.x60", doubled(f'"a${{{_UNKNOWN}}}b"', '"${X}${X}"', 60)),
    "double-text-18": evaluated("local.x18", doubled(f'"a${{{_UNKNOWN}}}b"', '"${X}${X}"', 18)),
    "double-text-14": evaluated("local.x14", doubled(f'"a${{{_UNKNOWN}}}b"', '"${X}${X}"', 14)),
    "double-text-12": evaluated("local.x12", doubled(f'"a${{{_UNKNOWN}}}b"', '"${X}${X}"', 12)),
    "double-list": evaluated("jsonencode(local.x60)", doubled('["a"]', "[X, X]", 60)),
    "double-list-16": evaluated("jsonencode(local.x16)", doubled('["a"]', "[X, X]", 16)),
    "double-list-length": evaluated("length(local.x60)", doubled('["a"]', "[X, X]", 60)),
    "double-concat": evaluated("length(local.x60)", doubled('["a"]', "concat(X, X)", 60)),
    "double-concat-17": evaluated("length(local.x17)", doubled('["a"]', "concat(X, X)", 17)),
    "double-object": evaluated("jsonencode(local.x60)", doubled('{ a = "b" }', "{ a = X, b = X }", 60)),
    "double-json": evaluated("local.x40", doubled(f"jsonencode([{_UNKNOWN}])", "jsonencode([X, X])", 40)),
    "double-json-known": evaluated("local.x40", doubled('jsonencode(["a"])', "jsonencode([X, X])", 40)),
    "nest-json-known": evaluated("local.x40", doubled('jsonencode(["a"])', "jsonencode([X])", 40)),
    "nest-json": evaluated("local.x300", doubled(f"jsonencode([{_UNKNOWN}])", "jsonencode([X])", 300)),
    "nest-list": evaluated("jsonencode(local.x5000)", doubled('["a"]', "[X]", 5000)),
    "nest-text": evaluated("local.x5000", doubled('"a"', '"${X}a"', 5000)),
    "nest-text-20000": evaluated("local.x20000", doubled('"a"', '"${X}a"', 20000)),
    "nest-unknown-text": evaluated("local.x3000", doubled(_UNKNOWN, '"${X}a"', 3000)),
    "double-merge": evaluated("jsonencode(local.x60)", doubled("{ a = 1 }", "merge(X, { b = X })", 60)),
    "double-set": evaluated("length(local.x30)", doubled('toset(["a"])', 'toset([for e in X : "${e}${e}"])', 30)),
    "double-set-of-lists": evaluated(
        "length(local.x60)", doubled('toset([["a"]])', "toset([tolist(X), tolist(X)])", 60)
    ),
    "double-conditional": evaluated("local.x60", doubled('"a"', f'{_UNKNOWN} == "b" ? "${{X}}c" : "${{X}}d"', 60)),
    "double-try": evaluated("local.x60", doubled('"a"', 'try("${X}${X}", "${X}${X}")', 60)),
    "double-yaml": evaluated("local.x40", doubled('"a"', "yamlencode([X, X])", 40)),
    "double-format": evaluated("local.x60", doubled('"ab"', 'format("%s%s", X, X)', 60)),
    "double-join": evaluated("local.x60", doubled('"ab"', 'join("", [X, X])', 60)),
    "double-replace": evaluated("local.x60", doubled('"ab"', 'replace("ab", "/[ab]/", X)', 60)),
    "double-base64": evaluated("local.x80", doubled('"ab"', "base64encode(X)", 80)),
    "double-urlencode": evaluated("local.x80", doubled('"%"', "urlencode(X)", 80)),
    "double-flatten": evaluated("length(local.x60)", doubled('["a"]', "flatten([X, X])", 60)),
    "double-splat": evaluated("length(local.x60)", doubled('[["a"]]', "[X[*], X[*]]", 60)),
    "double-equality": evaluated("local.e", doubled('["a"]', "[X, X]", 60) + "\nlocals { e = local.x60 == local.x59 }"),
    "double-equality-14": evaluated(
        "local.e", doubled('["a"]', "[X, X]", 14) + "\nlocals { e = local.x14 == [local.x13, local.x13] }"
    ),
    "double-both-arms": evaluated("local.x25", doubled('"a"', f'{_UNKNOWN} == X ? X : "${{X}}a"', 25)),
    "join-many-sensitive": evaluated(
        'length([for i in range(30) : join(local.y, [join(",", local.x), i])])',
        local('[for i in range(1000) : sensitive("s${i}")]', y=_text(100_000)),
    ),
    # Ranges and products
    "range": evaluated("length(range(1000000000000))", ""),
    "range-1e5": evaluated("length([for i in range(100000) : i])"),
    "range-tiny-steps": evaluated("length(range(0, 1, 0.0000001))"),
    "range-of-range": evaluated("length([for i in range(1024) : range(1024)])"),
    "range-of-range-flat": evaluated("length(flatten([for i in range(1024) : range(1024)]))"),
    "setproduct": evaluated("length(setproduct(range(1000), range(1000), range(1000)))"),
    "setproduct-many": evaluated(f"length(setproduct({', '.join(['[1, 2]'] * 60)}))"),
    "setproduct-limit": evaluated("length(setproduct(range(300), range(300)))"),
    "for-nested": evaluated("jsonencode([for a in range(500) : [for b in range(500) : [for c in range(500) : a]]])"),
    "for-nested-flat": evaluated("length([for a in range(500) : length([for b in range(500) : b if b > a])])"),
    "for-group": evaluated('jsonencode({ for i in range(1000) : "a" => range(1000)... })'),
    "for-wide": evaluated("length([for i in local.x : i])", local("[" + "1," * 100_000 + "]")),
    "for-wide-object": evaluated(
        'jsonencode({ for i in range(1024) : "${i}" => { for j in range(1024) : "${j}" => i } })'
    ),
    "chunklist": evaluated("length(chunklist(range(1000), 1))"),
    "chunklist-zero": evaluated("length(chunklist(range(1000), 0))"),
    "distinct": evaluated("length(distinct([for i in range(1024) : { a = i }]))"),
    "distinct-unknown": evaluated(
        "length(distinct(local.x))", local(f'[for i in range(1024) : "${{{_UNKNOWN}}}${{i}}"]')
    ),
    "distinct-large-unknown": evaluated(
        "length(distinct(local.x))",
        local(f'[for i in range(1000) : "${{{_UNKNOWN}}}${{local.l}}${{i}}"]', l='format("%900s", "")'),
    ),
    "contains-unknown": evaluated('contains(local.x, "b")', local(f'[for i in range(1024) : "${{{_UNKNOWN}}}${{i}}"]')),
    "toset-unknown": evaluated("length(toset(local.x))", local(f'[for i in range(1024) : "${{{_UNKNOWN}}}${{i}}"]')),
    "toset-objects": evaluated("length(toset(local.x))", local("[for i in range(1024) : { a = i, b = [i] }]")),
    "setunion": evaluated("length(setunion(local.x, local.x))", local("[for i in range(1024) : [i]]")),
    "setsubtract": evaluated(
        'length(setsubtract(local.x, [for i in local.x : "${i}a"]))',
        local(f'[for i in range(1024) : "${{{_UNKNOWN}}}${{i}}"]'),
    ),
    "matchkeys": evaluated("length(matchkeys(range(1024), range(1024), range(1024)))"),
    "zipmap": evaluated('jsonencode(zipmap([for i in range(1024) : "${i}"], [for i in range(1024) : range(1024)]))'),
    "transpose": evaluated('jsonencode(transpose({ for i in range(300) : "${i}" => [for j in range(300) : "${j}"] }))'),
    "sort-long": evaluated("sort(local.x)[0]", local('[for i in range(1024) : format("%900d", 1024 - i)]')),
    "merge-wide": evaluated('length(merge([for i in range(1024) : { for j in range(200) : "${i}-${j}" => j }]...))'),
    "concat-wide": evaluated("length(concat([for i in range(1024) : range(1024)]...))"),
    "coalesce-wide": evaluated('coalesce([for i in range(1024) : ""]..., "a")'),
    # Texts
    "format-width": evaluated('format("%1000000000d", 1)'),
    "format-precision": evaluated('format("%.1000000000f", 1)'),
    "format-index": evaluated('format("%[99999999999]d", 1)'),
    "format-many": evaluated(f'format("{"%999d" * 5000}", {", ".join(["1"] * 5000)})'),
    "format-repeat": evaluated(f'format("{"%[1]999d" * 5000}", 1)'),
    "format-verbs": evaluated(
        "local.x",
        local(f'format("{"%s" * 15_000}", {", ".join(["var.s"] * 15_000)})') + '\nvariable "s" {\n  default = "q"\n}',
    ),
    "format-huge-number": evaluated(f'format("%f", {_HUGE})'),
    "format-json": evaluated(f'format("{"%[1]v" * 1000}", range(1000))'),
    "formatlist": evaluated('join("", formatlist("%s%s%s%900d", range(1024), "a", "b", 1))'),
    "formatlist-many": evaluated(f'join("", formatlist("{"%[1]900d" * 100}", range(1024)))'),
    "join-long": evaluated(f"join({_LONG}, range(1000))"),
    "join-nested": evaluated("join(local.l, [for i in range(1024) : local.l])", local("0", l='format("%999d", 1)')),
    "replace-blow-up": evaluated(f'replace({_LONG}, "a", {_LONG})'),
    "replace-empty": evaluated(f'replace({_LONG}, "", {_LONG})'),
    "replace-pattern": evaluated(f'replace({_LONG}, "/a/", {_LONG})'),
    "replace-groups": evaluated(f'replace({_LONG}, "/(.*)/", "{"$1" * 1000}")'),
    "replace-in-unknown": evaluated(f'replace("${{{_UNKNOWN}}}${{local.x}}", "a", local.x)', local(_LONG)),
    "indent": evaluated('indent(1000000000, "a\\nb")'),
    "indent-long": evaluated('indent(4000, join("\\n", range(1024)))'),
    "strrev": evaluated(f"strrev({_LONG})"),
    "strrev-marks": evaluated(
        "strrev(local.x)", local('join("", [for i in range(1000) : format("%999s", "\\u0301")])')
    ),
    "strrev-one-cluster": evaluated("strrev(local.x)", local('join("", [for i in range(100000) : "\\u0301"])')),
    "strrev-flags": evaluated("strrev(local.x)", local('join("", [for i in range(100000) : "\\U0001F1E6"])')),
    "strrev-jamo": evaluated("strrev(local.x)", local('join("", [for i in range(100000) : "\\u1100"])')),
    "length-marks": evaluated("length(local.x)", local('join("", [for i in range(100000) : "e\\u0301"])')),
    "substr-long": evaluated(f"substr({_LONG}, 0, 5)"),
    "upper-long": evaluated(f"upper(lower(title({_LONG})))"),
    "lower-unicode": evaluated("lower(local.x)", local('join("", [for i in range(100000) : "\\u0130"])')),
    "normalise": evaluated("local.x", local('join("", [for i in range(100000) : "\\u0345\\u0301"])')),
    "split-long": evaluated(f'length(split("", {_LONG}))'),
    "split-unknown": evaluated('length(split(",", local.x))', local(f'join(",", [for i in range(1024) : {_UNKNOWN}])')),
    "trim-long": evaluated(f'trim({_LONG}, " a")'),
    "trimspace-unknown": evaluated(f'trimspace("{" " * 10000}${{{_UNKNOWN}}}")'),
    "trimprefix-unknown": evaluated(
        'trimprefix(local.x, "a")', local(f'join("a", [for i in range(1000) : {_UNKNOWN}])')
    ),
    "startswith-unknown": evaluated(
        "startswith(local.x, local.y)",
        local(
            f'join("a", [for i in range(1000) : {_UNKNOWN}])',
            y='join("a", [for i in range(1000) : aws_iam_role.execution.id])',
        ),
    ),
    "strcontains-unknown": evaluated(
        "strcontains(local.x, local.y)",
        local(
            f'join("a", [for i in range(1000) : {_UNKNOWN}])',
            y='join("a", [for i in range(1000) : aws_iam_role.execution.id])',
        ),
    ),
    "strcontains-long": evaluated('strcontains(local.x, "${local.x}b")', local(_LONG)),
    "equal-long-unknown": evaluated(
        "local.x == local.y",
        local(
            f'join("a", [for i in range(1000) : {_UNKNOWN}])',
            y='join("a", [for i in range(1000) : aws_iam_role.execution.id])',
        ),
    ),
    "chomp": evaluated(f'chomp(replace({_LONG}, "a", "\\n"))'),
    "json-of-text": evaluated(
        "jsonencode(jsonencode(jsonencode(jsonencode(jsonencode(local.x)))))",
        local('join("", [for i in range(1000) : "\\"\\"\\"\\""])'),
    ),
    # Patterns
    "regex-nested-stars": evaluated(f'regex("((a*)*)*b", {_LONG})'),
    "regex-counted": evaluated('regex("((a{1,100}){1,100}){1,100}", "aaaa")'),
    "regex-counted-empty": evaluated('regex("((((){1000}){1000}){1000}){1000}", "aaaa")'),
    "regex-many-groups": evaluated(f'length(regexall("{"(a?)" * 200}", {_LONG}))'),
    "regex-alternatives": evaluated(f'regex("{"|".join("a" * i for i in range(1, 90))}b", {_LONG})'),
    "regexall-quadratic": evaluated(f'length(regexall("a*b", {_LONG}))'),
    "regexall-quadratic-lazy": evaluated(f'length(regexall("a.*?b", {_LONG}))'),
    "regexall-empty": evaluated(f'length(regexall("", {_LONG}))'),
    "regex-deep": evaluated(f'regex("{"(" * 1500}a{")" * 1500}", "a")'),
    "regex-classes": evaluated(f'regex("[{"".join(f"{chr(c)}" for c in range(0x100, 0xA00))}]*b", {_LONG})'),
    "regex-unicode-class": evaluated('regex("\\\\p{L}*\\\\p{Lu}*\\\\P{N}+b", local.x)', local(_LONG)),
    "regex-negated": evaluated('regex("[^[:alpha:]]*[^\\\\pN]+", local.x)', local(_LONG)),
    "regex-repeated": evaluated(
        '[for i in range(1024) : regexall("(a|b)*c", local.x)][0]', local('format("%999s", "a")')
    ),
    "replace-repeated": evaluated(
        '[for i in range(1024) : replace(local.x, "/(a|b| )*c/", "")][0]', local('format("%999s", "a")')
    ),
    # Numbers
    "pow": evaluated("pow(10, 1000000000)"),
    "pow-negative": evaluated("pow(10, -1000000000)"),
    "pow-pow": evaluated("pow(pow(10, 300), 1000)"),
    "pow-fraction": evaluated("pow(0.1, 0.1) + pow(9, 99999.5)"),
    "literal-exponent": evaluated("1e999999"),
    "literal-exponent-many": evaluated("1e9999999999999"),
    "literal-exponent-negative": evaluated("1e-999999"),
    "literal-digits": evaluated("1" + "0" * 1_000_000),
    "literal-fraction": evaluated(f"0.{'1' * 1_000_000}"),
    "double-number": evaluated("local.x60", doubled("10", "X * X", 60)),
    "double-fraction": evaluated("local.x60", doubled("1.1", "X * X", 60)),
    "double-divided": evaluated("local.x60", doubled("3", "1 / (X * X + 1)", 60)),
    "number-to-text": evaluated('"${local.x40}"', doubled("10", "X * X", 40)),
    "modulo": evaluated("1e500 % 0.0000001"),
    "log": evaluated("log(pow(10, 300), 1.0000001)"),
    "parseint": evaluated(f'parseint("{"9" * 1_000_000}", 10)'),
    "parseint-62": evaluated(f'parseint("{"z" * 1_000_000}", 62)'),
    "tonumber": evaluated(f'tonumber("{"9" * 1_000_000}")'),
    "tonumber-exponent": evaluated('tonumber("1e999999999")'),
    "sum-wide": evaluated("sum([for i in range(1024) : 1 / (i + 1)])"),
    "max-wide": evaluated("max([for i in range(1024) : 1 / (i + 1)]...)"),
    "json-number": evaluated('jsondecode("1e999999999")'),
    "json-digits": evaluated(f'jsondecode("{"9" * 1_000_000}")'),
    "yaml-number": evaluated('yamldecode("1e999999999")'),
    "ceil": evaluated("ceil(1e300 / 7)"),
    # Networks
    "cidrsubnets": evaluated(f'jsonencode(cidrsubnets("::/0", {", ".join(["64"] * 5000)}))'),
    "cidrsubnet-bits": evaluated('cidrsubnet("::/0", 128, pow(2, 127))'),
    "cidrhost": evaluated('cidrhost("::/0", pow(2, 127))'),
    "cidrsubnet-huge": evaluated('cidrsubnet("10.0.0.0/8", 1000000000, 1)'),
    # Documents
    "yaml-aliases": evaluated('jsonencode(yamldecode(file("a.yaml")))', a__yaml=aliases(10)),
    "yaml-aliases-length": evaluated('length(yamldecode(file("a.yaml")))', a__yaml=aliases(10)),
    "yaml-deep-flow": evaluated('jsonencode(yamldecode(file("a.yaml")))', a__yaml="[" * 100_000),
    "yaml-deep-closed": evaluated('jsonencode(yamldecode(file("a.yaml")))', a__yaml="[" * 20_000 + "]" * 20_000),
    "yaml-deep-block": evaluated(
        'jsonencode(yamldecode(file("a.yaml")))', a__yaml="".join(" " * i + "a:\n" for i in range(2000))
    ),
    "yaml-dashes": evaluated('jsonencode(yamldecode(file("a.yaml")))', a__yaml="- " * 50_000 + "a"),
    "yaml-long": evaluated('length(yamldecode(file("a.yaml")))', a__yaml="- a: b\n" * 500_000),
    "yaml-merge-keys": evaluated(
        'jsonencode(yamldecode(file("a.yaml")))',
        a__yaml="a0: &a0 {x: y}\n"
        + "".join(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}], k{i}: 1}}\n" for i in range(1, 200)),
    ),
    "yaml-scalar": evaluated('length(yamldecode(file("a.yaml")))', a__yaml="a: " + "b" * 5_000_000),
    "yaml-quoted": evaluated('length(yamldecode(file("a.yaml")))', a__yaml='a: "' + "\\x41" * 1_000_000 + '"'),
    "yaml-in-text": evaluated(
        "length(yamldecode(local.x))", local('join("\\n", [for i in range(1024) : "k${i}: {a: [b, c]}"])')
    ),
    "json-deep": evaluated('jsonencode(jsondecode(file("a.json")))', a__json="[" * 100_000 + "]" * 100_000),
    "json-deep-500": evaluated('jsonencode(jsondecode(file("a.json")))', a__json="[" * 500 + "]" * 500),
    "json-wide": evaluated('length(jsondecode(file("a.json")))', a__json="[" + "1," * 2_000_000 + "1]"),
    "json-objects": evaluated('length(jsondecode(file("a.json")))', a__json="[" + '{"a":{}},' * 500_000 + "1]"),
    "json-encoded": evaluated(
        'jsonencode(jsondecode(file("a.json")))', a__json=json.dumps([{"a": i} for i in range(100_000)])
    ),
    "csv": evaluated('length(csvdecode(file("a.csv")))', a__csv="a,b\n" + "1,2\n" * 1_000_000),
    "csv-columns": evaluated(
        'length(csvdecode(file("a.csv")))',
        a__csv="".join(f"c{i}," for i in range(50_000)) + "z\n" + "1," * 50_000 + "1\n",
    ),
    "csv-quotes": evaluated('length(csvdecode(file("a.csv")))', a__csv='a\n"' + '""' * 1_000_000 + '"\n'),
    "gunzip": evaluated(f'base64gunzip("{base64.b64encode(gzip.compress(bytes(200 * _MEGABYTE))).decode()}")'),
    "gunzip-length": evaluated(
        'length(base64gunzip(file("a.gz")))', a__gz=base64.b64encode(gzip.compress(b"a" * 100 * _MEGABYTE))
    ),
    "base64-long": evaluated('length(base64decode(file("a.txt")))', a__txt=base64.b64encode(b"a" * 8 * _MEGABYTE)),
    "textencode": evaluated(f'length(textencodebase64({_LONG}, "UTF-16LE"))'),
    # Calls
    "call-count": called("length([for each in module.m : each.y])"),
    "call-count-key": called('module.m["x"].y'),
    "call-count-splat": called('join("", module.m[*].y)'),
    # Files
    "file-long": evaluated('file("a.txt")', a__txt="a" * 15 * _MEGABYTE),
    "file-sparse": evaluated('length([for i in range(1000) : file("a.txt")])', a__txt="a" * 4 * _MEGABYTE),
    "file-hashed-often": evaluated('length([for i in range(1000) : filesha256("a.txt")])', a__txt="a" * 10 * _MEGABYTE),
    "files-joined": evaluated('join("", [for i in range(1000) : file("a.txt")])', a__txt="a" * _MEGABYTE),
    "template-itself": evaluated('templatefile("a.tpl", {})', a__tpl='${templatefile("a.tpl", {})}'),
    "template-itself-twice": evaluated(
        'templatefile("a.tpl", { n = 30 })',
        a__tpl='%{ if n > 0 }${templatefile("a.tpl", { n = n - 1 })}${templatefile("a.tpl", { n = n - 1 })}%{ endif }',
    ),
    "template-loops": evaluated(
        'templatefile("a.tpl", {})',
        a__tpl="".join(f"%{{ for {n} in range(1000) }}" for n in "abc") + "x" + "%{ endfor }" * 3,
    ),
    "template-long": evaluated('templatefile("a.tpl", { b = "x" })', a__tpl="${b} " * 20_000),
    "template-often": evaluated(
        'length([for i in range(1000) : templatefile("a.tpl", { b = i })])', a__tpl="${b} " * 1_000
    ),
    "heredocs": evaluated('"a"', "locals {\n" + "".join(f" a{i} = <<E{i}\nx\nE{i}\n" for i in range(100_000)) + "}"),
    "denied-separators": denied("x/" * 100_000),
    "denied-words": denied(" module.a.aws_iam_role.b" * 40_000),
    "templatestring-itself": evaluated("local.x30", doubled('"a"', "templatestring(X, {})", 30)),
    "template-unknown-loop": evaluated(
        'templatefile("a.tpl", { b = aws_iam_role.execution.unique_id })',
        a__tpl="%{ for a in range(1000) }${b}x%{ endfor }",
    ),
}
