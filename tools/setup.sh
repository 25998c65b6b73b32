#!/usr/bin/env bash
# Makes or brings up to date the virtual environment of this checkout. Usage: tools/setup.sh VENV STAMP
set -euo pipefail
venv=$1
stamp=$2

refuse() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

is_311() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; }

find_python() {
  for candidate in ${PYTHON:-} python3.11 python3; do
    if command -v "$candidate" >/dev/null && is_311 "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  refuse "QUBIX needs Python 3.11 (Ray wants the same minor version on every node), and none was found." \
    "Install it (Debian 12: apt-get install python3 python3-pip), or name one: make setup PYTHON=/path/to/python3.11"
}

python=$(find_python)
if [ ! -x "$venv/bin/python" ] || ! is_311 "$venv/bin/python"; then
  # Debian ships venv without ensurepip: the environment is made without pip, and the lock file brings its own.
  "$python" -m venv --clear --without-pip "$venv" ||
    refuse "$python could not make a virtual environment in $venv." "Debian 12: apt-get install python3-venv, then run make again."
fi

if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  pip=("$venv/bin/python" -m pip)
elif "$python" -m pip --version >/dev/null 2>&1; then
  pip=("$python" -m pip --python "$venv/bin/python")
elif "$venv/bin/python" -m ensurepip >/dev/null 2>&1; then
  pip=("$venv/bin/python" -m pip)
else
  refuse "$python has neither pip nor ensurepip, so nothing can be installed." "Debian 12: apt-get install python3-pip, then run make again."
fi

echo "setup: installing what requirements.lock names into $venv"
"${pip[@]}" install -qq --disable-pip-version-check --require-hashes -r requirements.lock ||
  refuse "the locked dependencies could not be installed; pip's own words are above." \
    "Usual causes: no network, a full disk, or a package index that lacks a locked version (make lock refreshes the file)."
"$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e . ||
  refuse "QUBIX itself could not be installed into $venv; pip's own words are above."

rm -f "$venv"/.stamp-*
touch "$stamp"
echo "setup: ready"
