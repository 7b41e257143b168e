"""Find the blocks of a source file in either syntax."""

from __future__ import annotations

from tfcheck.hcl.syntax.block import Problem, SourceFile, read_blocks
from tfcheck.hcl.syntax.expression import Place
from tfcheck.hcl.syntax.source import CHARACTERS, TOO_LONG, SourceText
from tfcheck.hcl.syntax.tf_json import read_json


def read_source(source: SourceText) -> SourceFile:
    """Find the blocks of a `.tf` or `.tf.json` file; a syntax error becomes the file's `problem`."""
    if len(source.text) > CHARACTERS:  # its lines are not counted either
        return SourceFile(source, (), Problem(Place(source.name, source.first_line), TOO_LONG))
    return read_json(source) if source.name.endswith(".json") else read_blocks(source)
