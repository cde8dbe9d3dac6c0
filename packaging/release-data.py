#!/usr/bin/env python3
"""release-data.py MAGESHIFT: adds the releases that repositories have and src/distribution/releases/releases.toml lacks.

MAGESHIFT is the program to ask. What metadata say is filled in; services, dates and the end of support are left for whoever reviews
the change, who also sets `as-of`. Prints one line for each release; nothing when there is nothing to add.
"""

import json
import pathlib
import re
import subprocess
import sys

DATA = pathlib.Path(__file__).resolve().parent.parent / "src/distribution/releases/releases.toml"


def key(version):
    """What a version is ordered by: 2.4.8-p4 comes after 2.4.8."""
    numbers, _, patch = version.partition("-p")
    return [int(number) for number in numbers.split(".")], int(patch or 0)


def is_release(version):
    return re.fullmatch(r"\d+\.\d+\.\d+(-p\d+)?", version) is not None


def entry(section, release):
    lines = [f"[[{section}]]", f'version = "{release["release"]}"']
    # Of a Magento release it is the version itself.
    if section == "mage-os" and release["upstream"]:
        lines.append(f'upstream = "{release["upstream"]}"')
    if release["php"]:
        lines.append('php = "' + "||".join(f"~{series}.0" for series in release["php"]) + '"')
    return "\n".join(lines) + "\n"


def insert(text, section, release):
    """The text with the release before the first later one of its section."""
    blocks = re.split(rf"(?m)^(?=\[\[{section}\]\]$)", text)
    for index, block in enumerate(blocks[1:], 1):
        version = re.search(r'(?m)^version = "([^"]+)"', block).group(1)
        if is_release(version) and key(version) > key(release["release"]):
            blocks.insert(index, entry(section, release) + "\n")
            return "".join(blocks)
    # After the last of the section, which may be followed by another section.
    last = blocks[-1]
    end = re.search(r"(?m)^(#|\[\[(?!" + section + r"\]))", last)
    place = end.start() if end else len(last)
    blocks[-1] = last[:place].rstrip("\n") + "\n\n" + entry(section, release) + ("\n" + last[place:] if end else "")
    return "".join(blocks)


def main():
    command = [sys.argv[1], "releases", "--refresh", "--json", "--no-interaction"]
    releases = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["releases"]
    text = DATA.read_text(encoding="utf-8")
    for release in sorted((row for row in releases if is_release(row["release"])), key=lambda row: key(row["release"])):
        # Adobe Commerce has the numbers of Magento Open Source, and no section of its own.
        section = release["distribution"]
        if section in ("mage-os", "magento"):
            text = insert(text, section, release)
            print(f"{section} {release['release']}")
    DATA.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
