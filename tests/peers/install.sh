#!/bin/sh
# Installs what the live end-to-end tests and the demo capture need: the pinned protocol stacks in a
# Python environment under target/peers-venv, stacks for Node.js and in C under target/peers, and the system tools that
# are missing. Safe to run again. Prints the interpreter of that environment; PEERS_VENV and PEERS_OTHERS put them elsewhere.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
environment="${PEERS_VENV:-$root/target/peers-venv}"
others="${PEERS_OTHERS:-$root/target/peers}"
stacks="$root/tests/peers/stacks"
requirements="$root/captures/demo/requirements.txt"

system() {
    echo "installing system packages: $*" >&2
    apt-get update >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >&2
}

# Debian package that provides each command.
missing=""
for pair in ip:iproute2 ethtool:ethtool tcpdump:tcpdump tshark:tshark sysctl:procps zstd:zstd python3:python3 \
    ss:iproute2 gcc:build-essential pkg-config:pkg-config node:nodejs; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || missing="$missing python3-venv"
pkg-config --exists libmodbus 2>/dev/null || missing="$missing libmodbus-dev"
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086 # a list of names
    system $missing
fi
# Only some packages of Node.js bring npm with them; those do not go together with the package npm.
command -v npm >/dev/null 2>&1 || system npm

stamp="$environment/requirements.installed"
if ! cmp -s "$requirements" "$stamp" || ! "$environment/bin/python" -c 'import pymodbus, opendnp3, asyncua' >/dev/null 2>&1; then
    # An environment of a Python that is gone is made anew.
    "$environment/bin/python" -c '' 2>/dev/null || python3 -m venv --clear "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2
    cp "$requirements" "$stamp"
fi
mkdir -p "$others"
for program in libmodbus_client libmodbus_server; do
    # shellcheck disable=SC2046 # a list of options
    [ "$others/$program" -nt "$stacks/$program.c" ] ||
        gcc -O1 -Wall $(pkg-config --cflags libmodbus) "$stacks/$program.c" -o "$others/$program" $(pkg-config --libs libmodbus)
done
if ! cmp -s "$stacks/package.json" "$others/installed.json" || ! [ -d "$others/node_modules/node-opcua" ]; then
    cp "$stacks/package.json" "$others/package.json"
    npm install --prefix "$others" --no-audit --no-fund --ignore-scripts --loglevel=error >&2
    cp "$stacks/package.json" "$others/installed.json"
fi
echo "$environment/bin/python"
