"""What users may have of the market, as operators set it: weight, GPUs at once, and the highest priority."""
