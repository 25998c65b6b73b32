#!/usr/bin/env bash
# Refreshes every lock file of the repository, with hashes and without addresses. Usage: tools/lock.sh PYTHON
# uv resolves, from a throw-away environment, so that it is never a dependency of the project itself.
set -euo pipefail
python=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$python" -m venv --without-pip "$scratch/venv"
"$python" -m pip --python "$scratch/venv/bin/python" install --quiet --disable-pip-version-check uv

compile() {
  "$scratch/venv/bin/uv" pip compile "$@" --quiet --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
}

compile pyproject.toml --extra dev --output-file requirements.lock
environments=node_agent/qubix_agent/environments
for source in "$environments"/*-requirements.in; do
  [ -e "$source" ] || continue
  compile "$source" --output-file "${source%.in}.lock"
done
compile tools/console/node-requirements.in --output-file tools/console/node-requirements.lock
