#!/bin/sh
# Runs a command on a virtual X display of its own, drawn in software, and takes the display down again.
# Where there is no X server to be had (macOS, Windows) the command runs on the desktop.
# Usage: with_display.sh COMMAND [ARGUMENT...]
set -eu
case $(uname -s) in
Linux) ;;
*) exec "$@" ;;
esac
if ! command -v Xvfb >/dev/null 2>&1; then
    echo "Xvfb is wanted for windows without a screen and was not found: install it (Fedora: xorg-x11-server-Xvfb, Arch: xorg-server-xvfb)" >&2
    exit 1
fi

folder=$(mktemp -d)
server=
child=
stop() {
    [ -z "$child" ] || kill "$child" 2>/dev/null || true
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The server picks a free display number and writes it to descriptor 3 once it takes connections.
Xvfb -displayfd 3 -screen 0 1920x1200x24 +extension GLX -nolisten tcp -noreset 3>"$folder/number" >"$folder/log" 2>&1 &
server=$!
tries=0
until [ -s "$folder/number" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then
        echo "The virtual display did not start:" >&2
        cat "$folder/log" >&2
        exit 1
    fi
    sleep 0.1
done

DISPLAY=:$(tr -d '[:space:]' <"$folder/number")
export DISPLAY
unset XAUTHORITY WAYLAND_DISPLAY
# `wait` lets a signal through at once, and the shell hands the command's own exit code on.
env QT_QPA_PLATFORM=xcb XDG_SESSION_TYPE=x11 LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=llvmpipe "$@" &
child=$!
code=0
wait "$child" || code=$?
child=
exit "$code"
