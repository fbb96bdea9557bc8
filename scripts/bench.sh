#!/bin/sh
# Runs the measurements of benchmarks/ one after the other, or only those named; fails if one of them does.
# Usage: bench.sh PYTHON [--long] [NAME...]      --long: 20,000 damaged inputs instead of 1,000, which takes 4 to 12 minutes
python=$1
shift
inputs=1000
if [ "$1" = --long ]; then
    inputs=20000
    shift
fi
[ $# -gt 0 ] || set -- benchmarks/[!_]*.py
failed=0
for script in "$@"; do
    [ -f "$script" ] || script=benchmarks/$script.py
    echo
    echo "# $script"
    case $script in
    */fuzz_reading.py) "$python" "$script" --inputs $inputs || failed=1 ;;
    *) "$python" "$script" || failed=1 ;;
    esac
done
exit $failed
