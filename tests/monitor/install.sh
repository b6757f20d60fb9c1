#!/bin/sh
# Installs the independent monitor that tests/temporal.rs compares with, under target/monitor-venv; prints its interpreter.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
environment="$here/../../target/monitor-venv"
if ! cmp -s "$here/requirements.txt" "$environment/installed"; then
    python3 -m venv --clear "$environment" >&2
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$environment/installed"
fi
echo "$environment/bin/python"
