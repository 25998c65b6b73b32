"""Groups of identical jobs, whose number follows the length of their queue."""
