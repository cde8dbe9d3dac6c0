#!/bin/sh
# tree.sh PROGRAM FOLDER [EXTRA…]: lays out what an installation has below its prefix: the program, its manual pages, completions,
# licences and install.sh. EXTRA files join the documentation, as the licences of what is linked in. Completions and pages
# are the program's own words, so it must run on this machine.
set -eu

[ $# -ge 2 ] || { echo "usage: tree.sh PROGRAM FOLDER [EXTRA...]" >&2; exit 2; }
program=$1 tree=$2
shift 2
source=$(cd "$(dirname "$0")/.." && pwd)
name=$(basename "$program" .exe)
ending=${program##*"$name"}

umask 022
mkdir -p "$tree/bin" "$tree/share/man/man1" "$tree/share/bash-completion/completions" "$tree/share/zsh/site-functions" \
    "$tree/share/fish/vendor_completions.d" "$tree/share/doc/$name" "$tree/share/$name"
cp "$program" "$tree/bin/$name$ending"
chmod 755 "$tree/bin/$name$ending"
"$program" --quiet man "$tree/share/man/man1"
"$program" completions bash >"$tree/share/bash-completion/completions/$name"
"$program" completions zsh >"$tree/share/zsh/site-functions/_$name"
"$program" completions fish >"$tree/share/fish/vendor_completions.d/$name.fish"
for file in README.md CHANGELOG.md SECURITY.md LICENSE LICENSE-APACHE LICENSE-MIT; do
    cp "$source/$file" "$tree/share/doc/$name/$file"
done
for file in "$@"; do
    cp "$file" "$tree/share/doc/$name/"
done
# A release has the stamped one, which knows where it came from.
cp "${MAGESHIFT_INSTALL_SCRIPT:-$source/install.sh}" "$tree/share/$name/install.sh"
