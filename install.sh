#!/bin/sh
# Installs mageshift for the person who runs it; root is not needed.
set -eu

NAME=mageshift
# Where releases are, which file names the newest, and the public key that signs them (ECDSA P-256, the DER form in Base64).
# They are empty in a checkout; packaging/stamp.sh fills them in for the script that a release publishes.
RELEASES=''
NEWEST=''
KEY=''

usage() {
    cat <<TEXT
Installs $NAME, from a published release when there is one for this machine, else from the source beside this script.

Usage: install.sh [--prefix DIR] [--version VERSION] [--from-source]
       install.sh --uninstall [--prefix DIR]

  --prefix DIR       install into DIR/bin and DIR/share (default: $HOME/.local)
  --version VERSION  this release and not the newest one
  --from-source      build with cargo, whatever is published
  --checksum-only    do without the signature: the checksum comes from the same place as the archive
  --update           only a release, and only when it is newer than what is installed
  --uninstall        remove what was installed, and the cache
  --help             this text

MAGESHIFT_RELEASES_URL names another place of releases (https, or file for a local folder), and MAGESHIFT_RELEASE_KEY the
public key that signs those.
TEXT
}

say() { printf '%s\n' "$NAME: $*"; }
fail() { printf '%s\n' "$NAME: error: $*" >&2; exit 1; }
wrong() { printf '%s\n' "$NAME: error: $*" "Try: sh install.sh --help" >&2; exit 2; }

# Whether a URL is on this machine, and tests allow it: they have no certificate.
is_loopback() {
    [ -n "${MAGESHIFT_ALLOW_LOOPBACK:-}" ] || return 1
    authority=${1#http://}
    authority=${authority%%/*}
    case ${authority%:*} in 127.0.0.1|localhost) ;; *) return 1 ;; esac
    case ${authority##*:} in ''|*[!0-9]*) return 1 ;; esac
}

# fetch URL FILE: fails quietly when the URL is not there.
fetch() {
    case $1 in
        file://*) cp "${1#file://}" "$2" 2>/dev/null; return ;;
        https://*) scheme=https ;;
        *) is_loopback "$1" || fail "$1 is not fetched: releases are at an address that starts with https:// or file://"
           scheme=http ;;
    esac
    # What is fetched is verified below, so a redirect can lead to nothing but a refusal.
    if command -v curl >/dev/null 2>&1; then
        curl -fsSL --proto "=$scheme" --retry 2 -o "$2" "$1" 2>/dev/null
    elif command -v wget >/dev/null 2>&1; then
        wget -q -O "$2" "$1" 2>/dev/null
    else
        fail "neither curl nor wget is installed"
    fi
}

# sha256 FILE: prints the checksum, or nothing when there is no tool for it.
sha256() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$1"
    elif command -v shasum >/dev/null 2>&1; then
        shasum -a 256 "$1"
    fi | cut -d ' ' -f 1
}

# signed FILE SIGNATURE: whether the release key signed the file. openssl is what most machines have: on Debian it comes
# with the certificates that https needs, and macOS brings its own.
signed() {
    {
        echo '-----BEGIN PUBLIC KEY-----'
        printf '%s\n' "$KEY" | fold -w 64
        echo '-----END PUBLIC KEY-----'
    } >"$work/key.pem"
    openssl dgst -sha256 -verify "$work/key.pem" -signature "$2" "$1" >/dev/null 2>&1
}

# newer A B: whether version A comes after version B. A pre-release comes before its release.
newer() {
    awk -v a="$1" -v b="$2" 'BEGIN {
        split(a, x, "-"); split(b, y, "-"); split(x[1], n, "."); split(y[1], m, ".")
        for (i = 1; i <= 3; i++) if (n[i] + 0 != m[i] + 0) exit !(n[i] + 0 > m[i] + 0)
        if (x[2] == "" || y[2] == "") exit !(x[2] == "" && y[2] != "")
        exit !(x[2] > y[2])
    }'
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

# Leaves what is to be installed in $work/tree; fails when no release fits, stops when one does but is damaged.
from_release() {
    [ -n "$RELEASES" ] || return 1
    target=$(target)
    [ -n "$target" ] || { say "no releases are built for $(uname -s) on $(uname -m)"; return 1; }
    if [ -z "$version" ]; then
        fetch "$NEWEST" "$work/newest" || { say "cannot fetch $NEWEST, which names the newest release"; return 1; }
        version=$(tr -d ' \r\n' <"$work/newest")
    fi
    case $version in ''|*[!0-9A-Za-z.+-]*) fail "$NEWEST names no version" ;; esac
    if [ -n "$update" ] && [ -n "$installed" ]; then
        if [ "$version" = "$installed" ]; then
            say "$version is the newest release, and installed"
            exit 0
        fi
        newer "$version" "$installed" ||
            fail "$version is older than the $installed that is installed; to go back: sh install.sh --version $version"
    fi
    archive=$NAME-$version-$target.tar.gz
    fetch "$RELEASES/$version/$archive" "$work/archive" ||
        { say "cannot fetch $RELEASES/$version/$archive"; return 1; }
    fetch "$RELEASES/$version/SHA256SUMS" "$work/sums" ||
        fail "no checksums at $RELEASES/$version/SHA256SUMS, so $archive is not installed"
    if [ -n "$checksum_only" ]; then
        proof='checksum verified, signature not asked for'
    else
        [ -n "$KEY" ] || fail "no key to check the signature with: name it in MAGESHIFT_RELEASE_KEY, or add --checksum-only"
        command -v openssl >/dev/null 2>&1 ||
            fail "openssl is not installed, so the signature cannot be checked: install it, or add --checksum-only"
        fetch "$RELEASES/$version/SHA256SUMS.sig" "$work/signature" ||
            fail "no signature at $RELEASES/$version/SHA256SUMS.sig, so $archive is not installed"
        signed "$work/sums" "$work/signature" ||
            fail "the signature of $RELEASES/$version/SHA256SUMS does not hold; nothing was installed"
        proof='signature and checksum verified'
    fi
    wanted=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$work/sums")
    found=$(sha256 "$work/archive")
    [ -n "$found" ] || fail "neither sha256sum nor shasum is installed, so $archive cannot be checked"
    [ "$wanted" = "$found" ] ||
        fail "the checksum of $archive is $found and should be ${wanted:-in SHA256SUMS}; nothing was installed"
    mkdir "$work/unpacked"
    tar -xzf "$work/archive" -C "$work/unpacked" || fail "$archive cannot be unpacked; nothing was installed"
    mv "$work/unpacked/$NAME-$version-$target" "$work/tree" 2>/dev/null || true
    [ -f "$work/tree/bin/$NAME" ] || fail "$archive has no program $NAME; nothing was installed"
    how="release $version for $target, $proof"
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
    CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$here/target} cargo build --release --locked --features cloud --manifest-path "$here/Cargo.toml"
    sh "$here/packaging/tree.sh" "${CARGO_TARGET_DIR:-$here/target}/release/$NAME" "$work/tree"
    version=$("$work/tree/bin/$NAME" --version | cut -d ' ' -f 2)
    how="built from $here"
}

# receipt KIND: what an earlier run installed, one path a line. Only paths below the prefix count.
receipt() {
    [ -f "$receipt" ] || return 0
    sed -n "s/^$1=//p" "$receipt" | grep -v -e '^/' -e '^\.\./' -e '/\.\./' -e '/\.\.$' || true
}

# Makes a folder below the prefix, and notes which were not there, so that they go again.
make_folder() {
    [ -d "$1" ] && return
    make_folder "$(dirname "$1")"
    mkdir "$1"
    printf '%s\n' "$1" >>"$work/made"
}

# Paths as the receipt has them; those above the prefix are not its business.
below_prefix() {
    awk -v prefix="$prefix" '
        $0 == prefix { print "." }
        index($0, prefix "/") == 1 { print substr($0, length(prefix) + 2) }'
}

# Copies $work/tree below the prefix. Each file is put beside its place and renamed, so that a running program is not
# overwritten.
copy_tree() {
    : >"$work/made"
    make_folder "$prefix/share/$NAME"
    (cd "$work/tree" && find . -type f) | sed 's|^\./||' | sort >"$work/files"
    # Before the files, so that a run that is cut off can be removed as well.
    receipt file | sort >"$work/old"
    receipt dir >"$work/old-folders"
    {
        echo "version=$version"
        sort -u "$work/files" "$work/old" | sed 's/^/file=/'
        sed 's/^/dir=/' "$work/old-folders"
    } >"$receipt.new"
    mv -f "$receipt.new" "$receipt"
    while read -r file; do
        make_folder "$(dirname "$prefix/$file")"
        cp "$work/tree/$file" "$prefix/$file.new"
        case $file in bin/*) chmod 755 "$prefix/$file.new" ;; *) chmod 644 "$prefix/$file.new" ;; esac
        mv -f "$prefix/$file.new" "$prefix/$file"
    done <"$work/files"
    # What the version before had, and this one has not.
    grep -vxF -f "$work/files" "$work/old" | while read -r file; do rm -f "$prefix/$file"; done
    {
        echo "version=$version"
        sed 's/^/file=/' "$work/files"
        { cat "$work/old-folders"; below_prefix <"$work/made"; } | sort -u | sed 's/^/dir=/'
    } >"$receipt.new"
    mv -f "$receipt.new" "$receipt"
}

uninstall() {
    [ -e "$program" ] || [ -e "$receipt" ] || { say "nothing to remove: $program is not there"; exit 0; }
    receipt file | while read -r file; do rm -f "$prefix/$file"; done
    receipt dir | sort -r >"$work/folders"
    rm -f "$program" "$receipt"
    # Only those that installing made, and only when nobody else has put something there.
    while read -r folder; do
        if [ "$folder" != . ]; then rmdir "$prefix/$folder" 2>/dev/null || true; fi
    done <"$work/folders"
    if grep -qx '\.' "$work/folders"; then rmdir "$prefix" 2>/dev/null || true; fi
    say "removed $program and what came with it"
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/$NAME
    if [ -d "$cache" ]; then
        rm -rf "$cache"
        say "removed the cache in $cache"
    fi
}

# All that is done is in here, so that a script that arrives in part does nothing.
main() {
    prefix='' version='' action=install source='' update='' checksum_only=''
    while [ $# -gt 0 ]; do
        case $1 in
            --prefix|--version)
                [ -n "${2:-}" ] || wrong "$1 needs a value"
                if [ "$1" = --prefix ]; then prefix=$2; else version=$2; fi
                shift ;;
            --prefix=*) prefix=${1#*=}; [ -n "$prefix" ] || wrong "--prefix needs a value" ;;
            --version=*) version=${1#*=}; [ -n "$version" ] || wrong "--version needs a value" ;;
            --from-source) source=yes ;;
            --checksum-only) checksum_only=yes ;;
            --update) update=yes ;;
            --uninstall) action=uninstall ;;
            -h|--help) usage; exit 0 ;;
            *) wrong "unknown option $1" ;;
        esac
        shift
    done
    [ -n "$prefix" ] || prefix=${HOME:?HOME is not set, name a --prefix}/.local
    case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
    prefix=${prefix%/}
    program=$prefix/bin/$NAME
    receipt=$prefix/share/$NAME/receipt
    installed=$(sed -n 's/^version=//p' "$receipt" 2>/dev/null || true)
    if [ -n "${MAGESHIFT_RELEASES_URL:-}" ]; then
        RELEASES=$MAGESHIFT_RELEASES_URL
        NEWEST=$RELEASES/latest
        KEY=''
    fi
    KEY=${MAGESHIFT_RELEASE_KEY:-$KEY}

    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM

    if [ "$action" = uninstall ]; then
        uninstall
        exit 0
    fi
    if [ -n "$source" ] || ! from_release; then
        [ -z "$update" ] || fail "no release to update to"
        from_source
    fi

    chmod 755 "$work/tree/bin/$NAME"
    "$work/tree/bin/$NAME" --version >/dev/null || fail "the program does not run on this machine; nothing was installed"
    copy_tree
    say "installed $("$program" --version) as $program ($how)"
    case :$PATH: in
        *:"$prefix/bin":*) ;;
        *) say "$prefix/bin is not on your PATH; add it with: export PATH=\"$prefix/bin:\$PATH\"" ;;
    esac
    if [ -f "$prefix/share/$NAME/install.sh" ]; then
        say "remove it with: sh \"$prefix/share/$NAME/install.sh\" --uninstall --prefix \"$prefix\""
    fi
}

main "$@"
