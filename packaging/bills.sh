#!/bin/sh
# bills.sh FOLDER: puts mageshift-TARGET.cdx.json into FOLDER for each target of about.toml: what the program for it is linked from,
# in CycloneDX. Needs cargo-cyclonedx. With SOURCE_DATE_EPOCH the same source gives the same bills.
set -eu

[ $# -eq 1 ] || { echo "usage: bills.sh FOLDER" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
sed -n '/^targets = \[/,/^]/s/^ *"\(.*\)",$/\1/p' about.toml | while read -r target; do
    name=mageshift-$target.cdx
    cargo cyclonedx --features cloud --no-build-deps --target "$target" --format json --spec-version 1.5 --override-filename "$name" </dev/null
    # One is written for each crate of the workspace; that of the program has the others in it. Where the checkout lies is
    # nobody's business.
    sed "s|file://$PWD|file://.|g" "$name.json" >"$folder/$name.json"
    rm "$name.json" crates/*/"$name.json"
done
