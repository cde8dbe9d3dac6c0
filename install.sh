#!/bin/sh
# Installs mageshift for the person who runs it; root is not needed.
set -eu

NAME=mageshift
# Where releases are published: RELEASES/latest names the newest version, and RELEASES/VERSION/ has
# mageshift-VERSION-TARGET.tar.gz with its .sha256 beside it. Nothing is published yet, so the default is to build.
RELEASES=${MAGESHIFT_RELEASES_URL:-}

usage() {
    cat <<EOF
Installs $NAME, from a published release when there is one for this machine, else from the source beside this script.

Usage: install.sh [--prefix DIR] [--version VERSION] [--from-source]
       install.sh --uninstall [--prefix DIR]

  --prefix DIR       install into DIR/bin (default: $HOME/.local)
  --version VERSION  this release and not the newest one
  --from-source      build with cargo, whatever is published
  --uninstall        remove what was installed
  --help             this text

MAGESHIFT_RELEASES_URL names where releases are published (https, or file for a local folder). MAGESHIFT_REPOSITORY names
the repository (OWNER/NAME) whose attestation a release must bear when it has one; gh checks that.
EOF
}

say() { printf '%s\n' "$NAME: $*"; }
fail() { printf '%s\n' "$NAME: error: $*" >&2; exit 1; }
wrong() { printf '%s\n' "$NAME: error: $*" "Try: sh install.sh --help" >&2; exit 2; }

# fetch URL FILE: fails quietly when the URL is not there.
fetch() {
    case $1 in
        file://*) cp "${1#file://}" "$2" 2>/dev/null ;;
        https://*)
            # Neither is led to anything but https by a redirect.
            if command -v curl >/dev/null 2>&1; then
                curl -fsSL --proto '=https' --tlsv1.2 --retry 2 -o "$2" "$1" 2>/dev/null
            elif command -v wget >/dev/null 2>&1; then
                wget -q --max-redirect=0 -O "$2" "$1" 2>/dev/null
            else
                fail "neither curl nor wget is installed"
            fi ;;
        *) fail "MAGESHIFT_RELEASES_URL must start with https:// or file://" ;;
    esac
}

# sha256 FILE: prints the checksum, or nothing when there is no tool for it.
sha256() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$1"
    elif command -v shasum >/dev/null 2>&1; then
        shasum -a 256 "$1"
    fi | cut -d ' ' -f 1
}

# attested URL: a checksum comes from the same place as the archive; who built it is told by an attestation, where the
# release has one and there is a gh to check it with. Fails only when there is one and it does not hold.
attested() {
    proof=
    fetch "$1.sigstore.json" "$work/attestation" || return 0
    if [ -z "${MAGESHIFT_REPOSITORY:-}" ] || ! command -v gh >/dev/null 2>&1; then
        say "the release has an attestation; with gh, and MAGESHIFT_REPOSITORY set to OWNER/NAME, it is checked"
        return 0
    fi
    gh attestation verify "$work/archive" --bundle "$work/attestation" --repo "$MAGESHIFT_REPOSITORY" >/dev/null 2>&1 || return 1
    proof=', attestation verified'
}

# The Rust name of this machine, or nothing when releases are never built for it.
target() {
    case $(uname -s)/$(uname -m) in
        Linux/x86_64|Linux/amd64) echo x86_64-unknown-linux-musl ;;
        Linux/aarch64|Linux/arm64) echo aarch64-unknown-linux-musl ;;
        Darwin/x86_64) echo x86_64-apple-darwin ;;
        Darwin/arm64) echo aarch64-apple-darwin ;;
    esac
}

# Leaves the program in $work/$NAME; fails when no release fits, stops when one does but is damaged.
from_release() {
    [ -n "$RELEASES" ] || return 1
    target=$(target)
    [ -n "$target" ] || { say "no releases are built for $(uname -s) on $(uname -m)"; return 1; }
    if [ -z "$version" ]; then
        fetch "$RELEASES/latest" "$work/latest" || { say "no release is published at $RELEASES"; return 1; }
        version=$(tr -d ' \r\n' <"$work/latest")
    fi
    archive=$NAME-$version-$target.tar.gz
    url=$RELEASES/$version/$archive
    fetch "$url" "$work/archive" || { say "release $version is not published for $target"; return 1; }
    fetch "$url.sha256" "$work/sum" || fail "no checksum at $url.sha256, so $archive is not installed"
    wanted=$(cut -d ' ' -f 1 "$work/sum")
    found=$(sha256 "$work/archive")
    [ -n "$found" ] || fail "neither sha256sum nor shasum is installed, so $archive cannot be checked"
    [ "$wanted" = "$found" ] || fail "the checksum of $archive is $found and should be $wanted; nothing was installed"
    attested "$url" || fail "the attestation of $archive does not hold; nothing was installed"
    tar -xzf "$work/archive" -C "$work" || fail "$archive cannot be unpacked; nothing was installed"
    found=$(find "$work" -type f -name "$NAME" | head -n 1)
    [ -n "$found" ] || fail "$archive has no file named $NAME; nothing was installed"
    [ "$found" = "$work/$NAME" ] || mv "$found" "$work/$NAME"
    how="release $version for $target, checksum verified$proof"
}

from_source() {
    [ -z "$version" ] || fail "release $version is not to be had, and the source here may be another version"
    # Piped into a shell, the script lies nowhere: $0 is the shell's name, and the folder anybody's.
    if [ ! -f "$0" ] || [ "$(basename "$0")" != install.sh ]; then
        fail "no release to download, and a script that is piped into a shell builds nothing; run it from a checkout"
    fi
    here=$(cd "$(dirname "$0")" && pwd)
    grep -q "^name = \"$NAME\"" "$here/Cargo.toml" 2>/dev/null ||
        fail "no release to download, and no source of $NAME beside this script; run it from a checkout"
    command -v cargo >/dev/null 2>&1 || fail "no release to download, and no cargo to build with; get Rust from https://rustup.rs"
    say "building from $here, which takes a few minutes"
    CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$here/target} cargo build --release --locked --manifest-path "$here/Cargo.toml"
    cp "${CARGO_TARGET_DIR:-$here/target}/release/$NAME" "$work/$NAME"
    how="built from $here"
}

# All that is done is in here, so that a script that arrives in part does nothing.
main() {
    prefix='' version='' action=install source=''
    while [ $# -gt 0 ]; do
        case $1 in
            --prefix|--version)
                [ -n "${2:-}" ] || wrong "$1 needs a value"
                if [ "$1" = --prefix ]; then prefix=$2; else version=$2; fi
                shift ;;
            --prefix=*) prefix=${1#*=}; [ -n "$prefix" ] || wrong "--prefix needs a value" ;;
            --version=*) version=${1#*=}; [ -n "$version" ] || wrong "--version needs a value" ;;
            --from-source) source=yes ;;
            --uninstall) action=uninstall ;;
            -h|--help) usage; exit 0 ;;
            *) wrong "unknown option $1" ;;
        esac
        shift
    done
    [ -n "$prefix" ] || prefix=${HOME:?HOME is not set, name a --prefix}/.local
    case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
    program=$prefix/bin/$NAME

    if [ "$action" = uninstall ]; then
        [ -e "$program" ] || { say "nothing to remove: $program is not there"; exit 0; }
        rm -f "$program"
        say "removed $program"
        say "its cache, if there is one, stays in ${XDG_CACHE_HOME:-$HOME/.cache}/$NAME"
        exit 0
    fi

    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM

    if [ -n "$source" ] || ! from_release; then
        from_source
    fi

    chmod 755 "$work/$NAME"
    "$work/$NAME" --version >/dev/null || fail "the program does not run on this machine; nothing was installed"
    mkdir -p "$prefix/bin"
    # Beside the target and renamed, so that a running program is not overwritten.
    cp "$work/$NAME" "$program.new"
    mv -f "$program.new" "$program"
    say "installed $("$program" --version) as $program ($how)"
    case :$PATH: in
        *:"$prefix/bin":*) ;;
        *) say "$prefix/bin is not on your PATH; add it with: export PATH=\"$prefix/bin:\$PATH\"" ;;
    esac
    say "remove it with: sh install.sh --uninstall --prefix \"$prefix\""
}

main "$@"
