"""In which order jobs that wait are served."""
