"""The scheduler over months of a real cluster, in minutes: a simulation of events."""
