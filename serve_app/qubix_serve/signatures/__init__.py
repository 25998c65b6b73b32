"""Checking signatures in a process of their own.

A check takes about 3 ms of pure Python, which holds the interpreter's lock. With 300 checks at once on two busy cores
a request of ten round trips (0.3 ms when nothing else happens) took at most 781 ms with the checks on the event loop
itself, where none was answered before all were done, 63 ms with a thread, 74 ms with four, and 16 ms with a process.
`python -m benchmarks signatures` measures it again.
"""
