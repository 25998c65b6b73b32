"""Which of several equally good machines: the one whose use leaves the most of the market useful to what comes."""
