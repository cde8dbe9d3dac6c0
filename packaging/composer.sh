#!/bin/sh
# composer.sh VERSION RELEASES KEY FOLDER: puts mageshift-composer-VERSION.zip into FOLDER, the Composer package that brings the
# program of this release as vendor/bin/mageshift.
set -eu

[ $# -eq 4 ] || { echo "usage: composer.sh VERSION RELEASES KEY FOLDER" >&2; exit 2; }
for value in "$1" "$2" "$3"; do
    case $value in ''|*[!A-Za-z0-9:/.+=_-]*) echo "cannot stamp '$value'" >&2; exit 2 ;; esac
done
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$4"
folder=$(cd "$4" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -e "s|^const VERSION = ''|const VERSION = '$1'|" -e "s|^const RELEASES = ''|const RELEASES = '$2'|" \
    -e "s|^const KEY = ''|const KEY = '$3'|" "$here/packaging/composer/mageshift" >"$work/mageshift"
chmod 755 "$work/mageshift"
# A folder of archives is a repository of Composer's where each says its version.
sed 's|^    "name": .*|& "version": "'"$1"'",|' "$here/packaging/composer/composer.json" >"$work/composer.json"
cp "$here/LICENSE" "$here/LICENSE-MIT" "$here/LICENSE-APACHE" "$work/"
rm -f "$folder/mageshift-composer-$1.zip"
(cd "$work" && zip -qX "$folder/mageshift-composer-$1.zip" mageshift composer.json LICENSE LICENSE-MIT LICENSE-APACHE)
