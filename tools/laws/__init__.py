"""The blueprint's laws as checks of the source: one law a file, `python -m tools.laws` runs them all.

A law says where it applies (a predicate on the path) and yields the lines that break it, each with a sentence that
says what to do instead. Laws read source only: they import nothing of what they judge.
"""
