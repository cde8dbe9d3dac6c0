#!/bin/sh
# changelog.sh VERSION: prints Debian's changelog, which names the release; what is new in it is in CHANGELOG.md. The maintainer is
# the one of Cargo.toml, the date that of SOURCE_DATE_EPOCH, or today. Needs GNU date.
set -eu

[ $# -eq 1 ] || { echo "usage: changelog.sh VERSION" >&2; exit 2; }
here=$(cd "$(dirname "$0")/../.." && pwd)
maintainer=$(sed -n 's/^maintainer = "\(.*\)"$/\1/p' "$here/Cargo.toml")
# A pre-release comes before its release where a tilde parts it.
cat <<TEXT
mageshift ($(printf '%s\n' "$1" | sed 's/-/~/')-1) unstable; urgency=medium

  * Release $1. What is new is in changelog.gz beside this file.

 -- $maintainer  $(LC_ALL=C date -u -R -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}")
TEXT
