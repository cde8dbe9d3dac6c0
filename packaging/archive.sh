#!/bin/sh
# archive.sh VERSION TARGET PROGRAM FOLDER [EXTRA…]: puts mageshift-VERSION-TARGET.tar.gz into FOLDER; a .zip with the program
# and the documents for Windows. The same files give the same archive: owners and dates are not those of this machine.
set -eu

[ $# -ge 4 ] || { echo "usage: archive.sh VERSION TARGET PROGRAM FOLDER [EXTRA...]" >&2; exit 2; }
version=$1 target=$2 program=$3 folder=$4
shift 4
here=$(cd "$(dirname "$0")" && pwd)
[ "$("$program" --version)" = "mageshift $version" ] || { echo "$program is $("$program" --version)" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=mageshift-$version-$target
sh "$here/tree.sh" "$program" "$work/$name" "$@"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
case $target in
    *windows*)
        # Windows has no place for manual pages and these shells' completions; PowerShell's take their place.
        mv "$work/$name" "$work/tree"
        mkdir "$work/$name"
        cp "$work/tree/bin/mageshift.exe" "$work/tree/share/doc/mageshift/"* "$work/$name/"
        "$program" completions powershell >"$work/$name/mageshift.ps1"
        (cd "$work" && 7z a -bso0 -tzip "$folder/$name.zip" "$name") ;;
    *)
        if tar --version 2>/dev/null | grep -q 'GNU tar'; then
            tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" \
                -C "$work" -cf "$work/archive" "$name"
        else
            tar --uid 0 --gid 0 -C "$work" -cf "$work/archive" "$name"
        fi
        gzip "-${MAGESHIFT_ARCHIVE_LEVEL:-9}" -nc "$work/archive" >"$folder/$name.tar.gz" ;;
esac
