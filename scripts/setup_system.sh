#!/bin/sh
# Sees to the system libraries that pip cannot bring. On Debian and Ubuntu it installs what is missing, as root or by sudo without
# password; else it prints the one command to run. Elsewhere it does nothing.
# Usage: setup_system.sh venv|demo|test PYTHON
#   venv: what an environment needs; demo: what a napari window needs; test: the same, a virtual display, PostgreSQL, Orthanc and checkers of DICOM
set -eu
purpose=$1 python=$2

command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1 || exit 0

window="libgl1 libegl1 libopengl0 libgl1-mesa-dri libglx-mesa0 libxkbcommon-x11-0 libxkbcommon0 libdbus-1-3 libfontconfig1 libfreetype6
    libx11-xcb1 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-render0
    libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1 libxcb-xfixes0 libxcb-xinerama0 libxcb-xkb1 libxcb1 libsm6 libice6
    libglib2.0-0t64|libglib2.0-0 fontconfig fonts-dejavu-core"
case $purpose in
venv)
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 && exit 0
    packages=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    ;;
demo) packages=$window ;;
test) packages="$window xvfb postgresql dicom3tools dcmtk orthanc orthanc-dicomweb" ;;
*)
    echo "setup_system.sh venv|demo|test PYTHON is wanted, '$purpose' came" >&2
    exit 2
    ;;
esac

is_installed() {
    case $(dpkg-query -W -f '${db:Status-Status} ' "$1" 2>/dev/null) in
    installed\ *) ;;
    *) return 1 ;;
    esac
}

# `new|old` stands for a package that newer releases renamed: either will do, and the one that the release knows is installed.
missing=
for package in $packages; do
    for name in $(echo "$package" | tr '|' ' '); do
        is_installed "$name" && continue 2
    done
    missing="$missing $package"
done
[ -n "$missing" ] || exit 0

known_name() {
    for name in $(echo "$1" | tr '|' ' '); do
        apt-cache show "$name" >/dev/null 2>&1 && break
    done
    echo "$name"
}

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    as_root=none
fi
[ "$as_root" = none ] || $as_root apt-get update -qq >&2
install=
for package in $missing; do
    install="$install $(known_name "$package")"
done
if [ "$as_root" = none ]; then
    echo "System packages are missing. Please run this command, then make again:" >&2
    echo "    sudo apt-get update && sudo apt-get install --yes --no-install-recommends$install" >&2
    # The demo can do without a window; the others cannot go on.
    [ "$purpose" = demo ] && exit 0
    exit 1
fi
echo "Installing system packages:$install" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $install >&2
