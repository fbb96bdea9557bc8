#!/bin/sh
# Runs the measurements of benchmarks/ one after the other, or only those named; fails if one of them does.
# Usage: bench.sh PYTHON [NAME...]
python=$1
shift
[ $# -gt 0 ] || set -- benchmarks/[!_]*.py
failed=0
for script in "$@"; do
    [ -f "$script" ] || script=benchmarks/$script.py
    echo
    echo "# $script"
    "$python" "$script" || failed=1
done
exit $failed
