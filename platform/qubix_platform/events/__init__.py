"""Events: written to the outbox in the transaction that makes them true, handed to every listener after it committed.

A writer never notifies. One dispatcher at a time reads what was committed and wakes the listeners, and each listener
reads from its own cursor, so an event that a wake-up was lost for is found by the next one, or by the timer.
"""
