"""The placement engine on a production trace, beside first-fit, best-fit and FGD."""
