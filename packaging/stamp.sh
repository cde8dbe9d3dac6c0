#!/bin/sh
# stamp.sh RELEASES NEWEST KEY <install.sh >stamped: fills in where releases are, which file names the newest, and the public
# key (Base64 of its DER form). The same lines are in install.ps1, with a $ before the name.
set -eu

[ $# -eq 3 ] || { echo "usage: stamp.sh RELEASES NEWEST KEY <SCRIPT >STAMPED" >&2; exit 2; }
for value in "$@"; do
    case $value in ''|*[!A-Za-z0-9:/.+=_-]*) echo "cannot stamp '$value'" >&2; exit 2 ;; esac
done
sed -e "s|^\(\\\$*R[Ee][Ll][Ee][Aa][Ss][Ee][Ss] *= *\)''|\1'$1'|" \
    -e "s|^\(\\\$*N[Ee][Ww][Ee][Ss][Tt] *= *\)''|\1'$2'|" \
    -e "s|^\(\\\$*K[Ee][Yy] *= *\)''|\1'$3'|"
