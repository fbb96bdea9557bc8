#!/bin/sh
# Runs the tests: first what needs no window, in two workers, each module in one of them; then the windows, alone, since strokes of the
# mouse and focus want a display to themselves. Arguments go to both. With a file or folder among them, what it does not hold is no fault.
# Usage: test.sh PYTHON [pytest arguments]
set -u
python=$1
shift

ran=no failed=0
run() {
    "$python" -m pytest "$@"
    code=$?
    case $code in
    0) ran=yes ;;
    5) ;; # nothing in this half is meant
    *) ran=yes failed=$code ;;
    esac
}
run -m "not window" -n 2 --dist loadfile "$@"
run -m window "$@"
[ "$failed" = 0 ] || exit "$failed"
[ "$ran" = yes ] || exit 5
