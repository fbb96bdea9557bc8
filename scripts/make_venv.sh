#!/bin/sh
# Makes the virtual environment FOLDER with PYTHON and installs the project into it, editable, with the extra QT and the developer tools.
# Usage: make_venv.sh FOLDER PYTHON QT
set -eu
folder=$1 python=$2 qt=$3
version='import sys; print("%d.%d" % sys.version_info[:2])'

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or newer is wanted, $python is something else: name another one with make PYTHON=..." >&2
    exit 1
fi
sh scripts/setup_system.sh venv "$python"

# An environment of another Python, or one that was moved or left half made, is made anew.
here=$(pwd -P)
wanted="$("$python" -c "$version") $here"
if [ "$(cat "$folder/.made-for" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$folder"
    "$python" -m venv "$folder"
    echo "$wanted" >"$folder/.made-for"
fi
rm -f "$folder"/.ready-*
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt setuptools
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
    --no-build-isolation --editable ".[$qt,dev]"
touch "$folder/.ready-venv"
