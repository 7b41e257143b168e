"""How new text is laid out beside its neighbours: blocks, statements, items of lists and objects."""
