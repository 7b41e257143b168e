"""The JSON Schema of configuration files for editors, derived from the keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeAlias

from tfcheck.config.keys import KEYS, OF_TARGETS, SECTIONS, SEVERITIES, TARGETS, ConfigKey, Kind
from tfcheck.config.waivers import LONGEST, NARROWING, UNKNOWN, WAIVER, WAIVER_KEYS
from tfcheck.vocabulary.grouping import group_by_key

Json: TypeAlias = dict[str, Any]
_RULE: Json = {"$ref": "#/definitions/rule"}


def schema(rules: Collection[str]) -> Json:
    """Return the schema of `tfcheck.toml`, and of `[tool.tfcheck]`, as plain data; `rules` are the ids of all rules.

    It accepts what the file may hold, except for expressions and for paths that are not read.
    """
    properties = _properties(each for each in KEYS if not each.section)
    for section, about in SECTIONS.items():
        properties[section] = _table(_properties(each for each in KEYS if each.section == section), f"For {about}.")
    target = _table(_properties(OF_TARGETS), "What is different for one target.")
    properties[TARGETS] = {
        "type": "object",
        "description": "Sections for targets: a directory, relative to the top of the repository, and `:WORKSPACE`.",
        "additionalProperties": target,
    }
    properties[WAIVER] = {
        "type": "array",
        "description": "Findings that are accepted.",
        "items": {
            **_table({name: _waiver_key(name) for name in WAIVER_KEYS}, "Accept findings, for a reason."),
            "required": ["rule", "reason"],
            "anyOf": [{"required": [each]} for each in NARROWING],
            "not": {"required": ["where", "verdict"]},
        },
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Configuration of tfcheck",
        **_table(properties, "The file tfcheck.toml, or the table tool.tfcheck of pyproject.toml."),
        "definitions": {
            "rule": {"anyOf": [{"enum": list(rules)}, {"type": "string", "pattern": f"^{_beginnings(rules)}\\*$"}]}
        },
    }


def _beginnings(words: Iterable[str]) -> str:
    """Return a regular expression of all beginnings of some words, the empty one among them."""
    by_letter = group_by_key((each[0], each[1:]) for each in filter(None, words))
    if not by_letter:
        return ""
    return f"(?:{'|'.join(letter + _beginnings(rest) for letter, rest in by_letter.items())})?"


#: What the keys of a waiver accept, if not any text.
_WAIVER_VALUES: dict[str, Json] = {
    "rule": {"allOf": [_RULE]},
    "reason": {"type": "string", "pattern": r"\S"},
    "until": {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "verdict": {"enum": [UNKNOWN]},
    "where": {"type": "string", "minLength": 1, "maxLength": LONGEST},
}


def _waiver_key(name: str) -> Json:
    about = WAIVER_KEYS[name]
    allowed = _WAIVER_VALUES.get(name, {"type": "string", "minLength": 1})
    return {"description": f"{about[:1].upper()}{about[1:]}.", **allowed}


def _table(properties: Json, description: str) -> Json:
    return {"type": "object", "description": description, "properties": properties, "additionalProperties": False}


def _properties(keys: Iterable[ConfigKey]) -> Json:
    return {
        each.name: {
            "description": f"{each.meaning[:1].upper()}{each.meaning[1:]}. Default: {each.default}.",
            **_value_schema(each),
        }
        for each in keys
    }


def _value_schema(key: ConfigKey) -> Json:
    match key.kind:
        case Kind.CHOICE:
            return {"enum": list(key.choices)}
        case Kind.FLAG:
            return {"type": "boolean"}
        case Kind.NUMBER:
            return {"type": "integer", "minimum": 0, "maximum": key.most}
        case Kind.ACCOUNT:
            return {"type": "string", "pattern": "^[0-9]{12}$"}
        case Kind.PATHS:
            return {"type": "array", "items": {"type": "string", "minLength": 1}}
        case Kind.RULES:
            return {"type": "array", "items": _RULE}
        case Kind.SEVERITIES:
            return {"type": "object", "propertyNames": _RULE, "additionalProperties": {"enum": list(SEVERITIES)}}
        case Kind.TEXT | Kind.PATH:
            return {"type": "string", "minLength": 1}
