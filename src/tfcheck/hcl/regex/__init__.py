"""RE2's regular expressions: what they match, in time linear in the text."""
