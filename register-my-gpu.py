#!/usr/bin/env python3
"""Put this machine on the market: `./register-my-gpu.py URL --token TOKEN`. The same as `qubix-agent join`."""

import sys

from qubix_agent.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "join")
    main()
