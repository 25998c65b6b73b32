"""The queue of a group: items that its workers take one at a time."""
