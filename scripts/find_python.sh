#!/bin/sh
# Prints the first Python of the PATH that is 3.11 or newer; nothing where there is none.
for candidate in python3 python3.12 python3.13 python3.11 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        echo "$candidate"
        exit 0
    fi
done
