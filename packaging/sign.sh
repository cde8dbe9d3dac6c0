#!/bin/sh
# sign.sh FOLDER KEY: writes SHA256SUMS over all files of a release, and SHA256SUMS.sig by a private key (ECDSA P-256, PEM).
set -eu

[ $# -eq 2 ] || { echo "usage: sign.sh FOLDER KEY" >&2; exit 2; }
key=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
cd "$1"
rm -f SHA256SUMS SHA256SUMS.sig
sums=$(if command -v sha256sum >/dev/null 2>&1; then sha256sum -- *; else shasum -a 256 -- *; fi)
printf '%s\n' "$sums" >SHA256SUMS
openssl dgst -sha256 -sign "$key" -out SHA256SUMS.sig SHA256SUMS
