"""Building the web console, with a Node of its own from the Python package index. Standard library alone: the wheel's
build hook uses it too."""
