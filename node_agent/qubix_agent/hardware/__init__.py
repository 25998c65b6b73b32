"""What a machine has: GPUs, processor, memory, disk. Detection never raises; what failed is said."""
