#!/bin/sh
# Installs what the live end-to-end test and the demo capture need: the pinned protocol stacks in a
# Python environment under target/peers-venv, and the system tools that are missing. Safe to run again.
# Prints the interpreter of that environment; PEERS_VENV puts it elsewhere.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
environment="${PEERS_VENV:-$root/target/peers-venv}"
requirements="$root/captures/demo/requirements.txt"

# Debian package that provides each command.
missing=""
for pair in ip:iproute2 ethtool:ethtool tcpdump:tcpdump tshark:tshark sysctl:procps zstd:zstd python3:python3; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || missing="$missing python3-venv"
if [ -n "$missing" ]; then
    echo "installing system packages:$missing" >&2
    # shellcheck disable=SC2086 # a list of names
    apt-get update >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >&2
fi

stamp="$environment/requirements.installed"
if ! cmp -s "$requirements" "$stamp" || ! "$environment/bin/python" -c 'import pymodbus, opendnp3, asyncua' >/dev/null 2>&1; then
    [ -x "$environment/bin/python" ] || python3 -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2
    cp "$requirements" "$stamp"
fi
echo "$environment/bin/python"
