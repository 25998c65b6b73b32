"""The books beside what other records say of the same money."""
