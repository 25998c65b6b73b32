"""The smallest job: says where it runs.

qubix submit examples/hello.py --max-price 1000 --timeout 1m -f
"""

import os
import platform

print(f"Hello from {platform.node()}: Python {platform.python_version()}, {os.cpu_count()} cores")
print(f"GPUs: {os.environ.get('QUBIX_GPUS', 'none')}")
