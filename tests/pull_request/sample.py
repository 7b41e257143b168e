"""The smallest thing that a JSON Schema of OpenAPI 3.0 describes."""

from __future__ import annotations

from typing import Any

_BY_FORMAT = {"uri": "https://github.com/acme/shop", "date-time": "2026-01-02T03:04:05Z", "email": "a@example.com"}


def sample(schema: dict[str, Any]) -> Any:
    """Make it, with all that is required and nothing more."""
    if "enum" in schema:
        return schema["enum"][0]
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return sample(schema[choice][0])
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", ())
            return {name: sample(each) for name, each in schema.get("properties", {}).items() if name in wanted}
        case "array":
            return []
        case "string":
            return _BY_FORMAT.get(schema.get("format", ""), "text")
        case "integer" | "number":
            return 1
        case "boolean":
            return False
    return {}
