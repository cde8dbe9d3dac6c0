#!/bin/sh
# formula.sh VERSION REPOSITORY FOLDER: prints the Homebrew formula for the archives of a release in FOLDER; REPOSITORY is the
# address of the project, as https://github.com/OWNER/NAME.
set -eu

[ $# -eq 3 ] || { echo "usage: formula.sh VERSION REPOSITORY FOLDER" >&2; exit 2; }
version=$1 repository=$2 folder=$3

sum() {
    file=$folder/mageshift-$version-$1.tar.gz
    if command -v sha256sum >/dev/null 2>&1; then sha256sum "$file"; else shasum -a 256 "$file"; fi | cut -d ' ' -f 1
}

archive() {
    cat <<TEXT
      url "$repository/releases/download/$version/mageshift-$version-$1.tar.gz"
      sha256 "$(sum "$1")"
TEXT
}

cat <<TEXT
class Mageshift < Formula
  desc "Switch stores between Mage-OS, Magento Open Source and Adobe Commerce"
  homepage "$repository"
  version "$version"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
$(archive aarch64-apple-darwin)
    end
    on_intel do
$(archive x86_64-apple-darwin)
    end
  end

  on_linux do
    on_arm do
$(archive aarch64-unknown-linux-musl)
    end
    on_intel do
$(archive x86_64-unknown-linux-musl)
    end
  end

  def install
    bin.install "bin/mageshift"
    man1.install Dir["share/man/man1/*.1"]
    bash_completion.install "share/bash-completion/completions/mageshift"
    zsh_completion.install "share/zsh/site-functions/_mageshift"
    fish_completion.install "share/fish/vendor_completions.d/mageshift.fish"
    doc.install Dir["share/doc/mageshift/*"]
  end

  test do
    assert_equal "mageshift #{version}", shell_output("#{bin}/mageshift --version").strip
    system bin/"mageshift", "profiles"
  end
end
TEXT
