"""Every figure that the README quotes, each as a command: `python -m benchmarks`."""
