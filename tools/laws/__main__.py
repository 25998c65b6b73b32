"""`python -m tools.laws [FILE ...]`: prints each line that breaks a law; exit status 1 when there is one."""

import sys
from pathlib import Path

from tools.laws.repository import sources
from tools.laws.statute import laws


def main(arguments: list[str]) -> int:
    """Judge the whole checkout, or only the files named (paths from the repository's root)."""
    root = Path(__file__).resolve().parents[2]
    chosen = set(arguments)
    in_force = laws(root)
    judged = 0
    offences = []
    for source in sources(root):
        if chosen and str(source.path) not in chosen:
            continue
        judged += 1
        for law in in_force:
            offences += law.offences(source)
    for offence in sorted(offences):
        print(offence)
    print(f"laws: {len(in_force)} laws, {judged} files, {len(offences)} offences")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
