#!/usr/bin/env python3
"""release-data.py MAGESHIFT [MIRROR]: adds to src/distribution/ what repositories have and it lacks.

Releases (releases.toml), the composer.json that create-project writes for them (root_templates.json), and which packages a
distribution that rebuilds Magento has got or lost (packages.toml). MAGESHIFT is the program to ask for releases. MIRROR is a
folder with a static Composer repository for each host, as for --mirror-dir; other hosts are asked, with the keys of COMPOSER_AUTH.

What metadata say is filled in; services, dates and the end of support are left for whoever reviews the change, who also sets
`as-of`. Prints one line for each proposal, and nothing when there is nothing to add. What could not be asked is told on
standard error.
"""

import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib
import urllib.error
import urllib.parse
import urllib.request

DATA = pathlib.Path(__file__).resolve().parent.parent / "src/distribution"
# What a repository adds to the composer.json of a package.
NOT_OF_THE_ROOT = ("dist", "source", "time", "uid", "version_normalized", "notification-url", "transport-options")


def data(name):
    """Where a file of the data is."""
    return next(DATA.rglob(name))


def key(version):
    """What a version is ordered by: 2.4.8-p4 comes after 2.4.8."""
    numbers, _, patch = version.partition("-p")
    return [int(number) for number in numbers.split(".")], int(patch or 0)


def is_release(version):
    return re.fullmatch(r"\d+\.\d+\.\d+(-p\d+)?", version) is not None


class Repository:
    """The metadata of one Composer repository, or of the one that has the same without keys."""

    def __init__(self, url, mirror, without_keys):
        host = urllib.parse.urlsplit(url).netloc
        self.host = host
        self.base = url.rstrip("/")
        self.headers = {"User-Agent": "mageshift release data"}
        self.known = {}
        self.pattern = None
        keys = json.loads(os.environ.get("COMPOSER_AUTH") or "{}").get("http-basic", {}).get(host)
        if mirror and (pathlib.Path(mirror) / host).is_dir():
            self.base = (pathlib.Path(mirror).resolve() / host).as_uri()
        elif keys:
            pair = base64.b64encode(f"{keys['username']}:{keys['password']}".encode()).decode()
            self.headers["Authorization"] = f"Basic {pair}"
        elif without_keys:
            self.base = without_keys.rstrip("/")

    def document(self, path):
        """A JSON document; none when it is not there."""
        request = urllib.request.Request(self.base + path, headers=self.headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise
        except urllib.error.URLError as error:
            # A file that is not there, in a mirror.
            if isinstance(error.reason, FileNotFoundError):
                return None
            raise

    def versions(self, name):
        """The versions of a package, by version."""
        if name not in self.known:
            if self.pattern is None:
                self.pattern = (self.document("/packages.json") or {}).get("metadata-url", "/p2/%package%.json")
            answer = self.document(self.pattern.replace("%package%", name)) or {}
            found, before = {}, {}
            for entry in answer.get("packages", {}).get(name, []):
                # Composer's minified form: each entry is the difference to the one before it.
                before = {**before, **entry} if answer.get("minified") else entry
                before = {field: value for field, value in before.items() if value != "__unset"}
                found[before["version"].removeprefix("v")] = before
            self.known[name] = found
        return self.known[name]


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


def new_releases(mageshift, mirror):
    """Adds the releases that the data lack; hands them back by distribution, oldest first."""
    command = [mageshift, "releases", "--refresh", "--json", "--no-interaction"]
    if mirror:
        command += ["--mirror-dir", mirror]
    releases = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["releases"]
    file = data("releases.toml")
    text = file.read_text(encoding="utf-8")
    added = {}
    for release in sorted((row for row in releases if is_release(row["release"])), key=lambda row: key(row["release"])):
        # Adobe Commerce has the numbers of Magento Open Source, and no section of its own.
        section = release["distribution"]
        known = {row["version"] for row in tomllib.loads(text).get(section, [])}
        if section in ("mage-os", "magento") and release["release"] not in known:
            text = insert(text, section, release)
            added.setdefault(section, []).append(release["release"])
            print(f"{section} {release['release']}")
    file.write_text(text, encoding="utf-8")
    return added


def fill(value, release):
    """A template for a release, as src/distribution/template.rs fills it in."""
    if isinstance(value, str):
        line = release.partition("-")[0]
        numbers = line.split(".")
        following = ".".join([*numbers[:-1], str(int(numbers[-1]) + 1)])
        return value.replace("{release}", release).replace("{line}", line).replace("{next-line}", following)
    if isinstance(value, list):
        return [fill(item, release) for item in value]
    if isinstance(value, dict):
        return {name: fill(item, release) for name, item in value.items()}
    return value


def merged(value, patch):
    """A JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    out = dict(value) if isinstance(value, dict) else {}
    for name, item in patch.items():
        if item is None:
            out.pop(name, None)
        else:
            out[name] = merged(out.get(name), item)
    return out


def difference(old, new, release):
    """The merge patch from one to the other, with the release's own number as a placeholder."""
    if isinstance(old, dict) and isinstance(new, dict):
        patch = {name: None for name in old if name not in new}
        for name, item in new.items():
            if name not in old or old[name] != item:
                patch[name] = difference(old.get(name), item, release)
        return patch
    if isinstance(new, str):
        return "{release}" if new == release else new
    if isinstance(new, dict):
        return {name: difference(None, item, release) for name, item in new.items()}
    return new


def new_templates(targets, repository):
    """Adds what create-project writes for releases that are newer than those it is known for."""
    file = data("root_templates.json")
    text = file.read_text(encoding="utf-8")
    for target in targets:
        word, project = target["word"], target["project"]
        entries = json.loads(text)
        values = {}
        for known in entries:
            like = values.get(known.get("like"))
            values[f"{known['target']} {known['since']}"] = merged(like, known.get("patch", {})) if like else known.get("value", {})
        exact = [version for known in entries if known["target"] == word for version in known.get("exact", [])]
        newest = max((key(version) for version in exact if is_release(version)), default=None)
        published = repository.versions(project)
        wanted = [version for version in published if is_release(version) and (newest is None or key(version) > newest)]
        for version in sorted(wanted, key=key):
            entries = json.loads(text)
            since = [known["since"] for known in entries if known["target"] == word and is_release(known["since"])]
            since = max((one for one in since if key(one) <= key(version)), key=key, default=None)
            if since is None:
                continue
            root = {name: value for name, value in published[version].items() if name not in NOT_OF_THE_ROOT}
            template = fill(values[f"{word} {since}"], version)
            head = rf'(  \{{\n    "target": "{re.escape(word)}",\n    "since": "{re.escape(since)}",\n)(    "exact": \[([^\]]*)\],\n)?'
            if root == template:
                def with_version(found):
                    exact = f'{found[3]}, "{version}"' if found[3] else f'"{version}"'
                    return f'{found[1]}    "exact": [{exact}],\n'

                text = re.sub(head, with_version, text, count=1)
                print(f"{word} {version}: create-project writes what it writes for {since}")
                continue
            patch = difference(template, root, version)
            changed = {"target": word, "since": version, "exact": [version], "like": f"{word} {since}", "patch": patch}
            block = json.dumps(changed, indent=2, ensure_ascii=False).replace("\n", "\n  ")
            text = text.rstrip().removesuffix("]").rstrip() + f",\n  {block}\n]\n"
            values[f"{word} {version}"] = merged(values[f"{word} {since}"], patch)
            print(f"{word} {version}: create-project writes other {', '.join(patch)} than for {since}")
    file.write_text(text, encoding="utf-8")


def with_name(text, table, line_start, line):
    """The text with a line of a table at its place in the alphabet."""
    begin = re.search(rf"(?m)^{re.escape(table)}\n", text).end()
    end = re.compile(r"(?m)^(?=\n|\]|\[)").search(text, begin).start()
    place = begin
    for known in re.compile(rf"(?m)^{line_start}.*\n").finditer(text, begin, end):
        if known[0].strip() > line.strip():
            break
        place = known.end()
    return text[:place] + line + "\n" + text[place:]


def closure(product, release, repository):
    """What a product brings of its vendor at the release's own version."""
    vendor = product.partition("/")[0]
    found, left = set(), [product]
    while left:
        name = left.pop()
        package = repository.versions(name).get(release)
        if name in found or package is None:
            continue
        found.add(name)
        left += [required for required in package.get("require", {}) if required.startswith(vendor + "/")]
    return found


def new_packages(distribution, target, releases, repository):
    """Adds the packages that a rebuild has since one of the new releases, and those that it has no longer."""
    file = data("packages.toml")
    text = file.read_text(encoding="utf-8")
    name, vendor, original = distribution["name"], distribution["vendor"], distribution["original"]
    versions = sorted((one for one in repository.versions(target["product"]) if is_release(one)), key=key)
    for release in releases:
        known = tomllib.loads(text)[name]
        for package in sorted(closure(target["product"], release, repository)):
            short = package.partition("/")[2]
            if short in known["built"] or short in known["standalone"] or package in (target["product"], target["project"]):
                continue
            replaced = repository.versions(package)[release].get("replace", {})
            if f"{original}/{short}" not in replaced:
                print(f"{name} {release}: {package} is new, and replaces nothing of {original}: to be looked at")
                continue
            text = with_name(text, "built = [", "    ", f'    "{short}",')
            text = with_name(text, f"[{name}.since]", '"', f'"{short}" = "{release}"')
            print(f"{name} {release}: {package} is new, and {original}/{short} is its name elsewhere")
        before = max((one for one in versions if key(one) < key(release)), key=key, default=None)
        for short in sorted(known["built"]):
            there = repository.versions(f"{vendor}/{short}")
            if before in there and release not in there and short not in known["until"]:
                text = with_name(text, f"[{name}.until]", '"', f'"{short}" = "{release}"')
                print(f"{name} {release}: {vendor}/{short} is gone")
    file.write_text(text, encoding="utf-8")


def main(mageshift, mirror=None):
    facts = tomllib.loads(data("targets.toml").read_text(encoding="utf-8"))
    vendors = {distribution["id"]: distribution["vendor"] for distribution in facts["distribution"]}
    without_keys = {distribution["id"]: distribution.get("mirror") for distribution in facts["distribution"]}
    added = new_releases(mageshift, mirror)
    for url in dict.fromkeys(target["repository"] for target in facts["target"]):
        targets = [target for target in facts["target"] if target["repository"] == url]
        repository = Repository(url, mirror, without_keys[targets[0]["distribution"]])
        try:
            new_templates(targets, repository)
            for distribution in facts["distribution"]:
                rebuilds = distribution.get("rebuilds")
                full = next((one for one in targets if one["distribution"] == distribution["id"]), None)
                if rebuilds and full:
                    names = {"name": distribution["id"], "vendor": distribution["vendor"], "original": vendors[rebuilds]}
                    new_packages(names, full, added.get(distribution["id"], []), repository)
        except (OSError, ValueError) as error:
            print(f"{repository.host} could not be asked: {error}", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
