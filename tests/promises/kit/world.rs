//! Small random worlds: a root, a few inline repositories, perhaps a lock, and the flags of one `update`.

use serde_json::{Map, Value, json};

/// A pseudo-random stream (SplitMix64): the same seed gives the same worlds everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// True in about `percent` of a hundred throws.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn reference(&mut self) -> String {
        format!(
            "{:016x}{:016x}{:08x}",
            self.next(),
            self.next(),
            self.next() as u32
        )
    }
}

const VENDORS: [&str; 4] = ["acme", "vendor", "mage-os", "magento"];
const VIRTUAL: [&str; 2] = ["virtual/v0", "virtual/v1"];
const STABLE: [&str; 16] = [
    "1.0.0",
    "1.0.1",
    "1.1.0",
    "1.2.0",
    "1.2.1",
    "1.3.0",
    "v1.4.0",
    "2.0.0",
    "2.0.1",
    "2.1.0",
    "2.1.0-p1",
    "3.0.0",
    "3.1.0",
    "103.0.8",
    "103.0.8-p3",
    "104.0.9",
];
const UNSTABLE: [&str; 5] = [
    "1.0.0-beta4",
    "2.0.0-beta1",
    "2.0.0-RC1",
    "3.0.0-alpha2",
    "4.0",
];
const BRANCHES: [&str; 4] = ["dev-main", "dev-feature", "1.x-dev", "2.0.x-dev"];
const CONSTRAINTS: [&str; 34] = [
    "^1",
    "^1.0",
    "^2",
    "^2.0",
    "^3",
    "^1.0 || ^2.0",
    "^2.0 || ^3.0",
    "1.*",
    "2.*",
    "1.0.*",
    "~1.0",
    "~1.2",
    "~2.0",
    ">=1.0",
    ">=1.0 <2",
    ">=2.0 <3",
    "<=2.0.0",
    "<3",
    "1.0.0",
    "2",
    "1.0 - 2.0",
    "!=1.1.0",
    ">1.0,<104",
    "^103.0 || ^104.0",
    "~103.0.8",
    "^103.0.8 || 9.9.9",
    "dev-main",
    "dev-main || ^1.0",
    "1.x-dev",
    "^2.0@beta",
    "=2.0.0",
    "1.2.1|2.1.0",
    ">=2.0.0-beta1",
    "dev-feature",
];
const PLATFORM: [(&str, &str); 8] = [
    ("php", "^8.0"),
    ("php", ">=7.2"),
    ("php", "^8.1"),
    ("php", ">=99"),
    ("ext-json", "*"),
    ("ext-nope", "*"),
    ("php", "^7.4 || ^8.0"),
    ("composer-plugin-api", "^2.0"),
];
const STABILITIES: [&str; 5] = ["stable", "RC", "beta", "alpha", "dev"];

/// The packages of a world and the versions that they have.
type Cast = Vec<(String, Vec<&'static str>)>;

/// One question to a resolver, in the shape of a line of recorded answers.
#[derive(Clone)]
pub(crate) struct World {
    pub composer: Map<String, Value>,
    pub lock: Value,
    pub args: Vec<String>,
}

impl World {
    /// Whether a package or the root names `name` in its `replace` or `provide`, whichever `how` says.
    pub(crate) fn stands_in(&self, how: &str, name: &str) -> bool {
        let repositories = self.composer["repositories"].as_array();
        let packages = repositories
            .into_iter()
            .flatten()
            .flat_map(|repository| repository["package"].as_array().into_iter().flatten());
        self.composer
            .get(how)
            .is_some_and(|names| names.get(name).is_some())
            || packages
                .into_iter()
                .any(|package| package[how].get(name).is_some())
    }

    /// A world without a lock and without flags.
    pub(crate) fn random(dice: &mut Dice) -> Self {
        let count = 3 + dice.below(9);
        let cast: Cast = (0..count)
            .map(|n| (format!("{}/p{n}", VENDORS[dice.below(4)]), versions(dice)))
            .collect();
        let packages = cast
            .iter()
            .flat_map(|(name, versions)| versions.iter().map(move |version| (name, *version)));
        let packages = packages
            .map(|(name, version)| package(dice, name, version, &cast))
            .collect();
        let mut composer = Map::new();
        composer.insert("name".into(), "root/project".into());
        let mut require = Map::new();
        for _ in 0..1 + dice.below(4) {
            let (name, versions) = &cast[dice.below(count)];
            require.insert(name.clone(), root_constraint(dice, versions));
        }
        if dice.chance(5) {
            require.insert(dice.pick(&VIRTUAL).into(), constraint(dice, &[]));
        }
        if dice.chance(10) {
            platform(dice, &mut require);
        }
        composer.insert("require".into(), require.into());
        if dice.chance(40) {
            let mut dev = Map::new();
            for _ in 0..dice.below(3) {
                let (name, versions) = &cast[dice.below(count)];
                dev.insert(name.clone(), root_constraint(dice, versions));
            }
            composer.insert("require-dev".into(), dev.into());
        }
        for (key, percent) in [("replace", 8), ("provide", 5), ("conflict", 5)] {
            if dice.chance(percent) {
                let (name, versions) = &cast[dice.below(count)];
                let link = if key == "conflict" {
                    constraint(dice, versions)
                } else {
                    replacement(dice)
                };
                composer.insert(key.into(), json!({ name.clone(): link }));
            }
        }
        if dice.chance(60) {
            composer.insert("minimum-stability".into(), dice.pick(&STABILITIES).into());
        }
        if dice.chance(50) {
            composer.insert("prefer-stable".into(), dice.chance(80).into());
        }
        if dice.chance(15) {
            let php = dice.pick(&["7.4.33", "8.1.0", "8.3.2"]);
            composer.insert("config".into(), json!({ "platform": { "php": php } }));
        }
        composer.insert("repositories".into(), repositories(dice, packages, &cast));
        Self {
            composer,
            lock: Value::Null,
            args: Vec::new(),
        }
    }

    /// The same store later: some versions are gone, some are new, some requirements changed.
    pub(crate) fn age(&mut self, dice: &mut Dice) {
        let cast: Cast = self
            .names()
            .into_iter()
            .map(|name| (name, versions(dice)))
            .collect();
        if let Some(Value::Array(repositories)) = self.composer.get_mut("repositories") {
            for packages in repositories
                .iter_mut()
                .filter_map(|r| r.get_mut("package").and_then(Value::as_array_mut))
            {
                packages.retain(|_| !dice.chance(8));
                if dice.chance(60) {
                    let (name, versions) = &cast[dice.below(cast.len())];
                    for version in versions {
                        if !packages
                            .iter()
                            .any(|p| p["name"] == *name.as_str() && p["version"] == *version)
                        {
                            packages.push(package(dice, name, version, &cast));
                        }
                    }
                }
            }
        }
        if let (true, Some(Value::Object(require))) =
            (dice.chance(50), self.composer.get_mut("require"))
        {
            let (name, versions) = &cast[dice.below(cast.len())];
            require.insert(name.clone(), root_constraint(dice, versions));
        }
    }

    /// Flags of `update` that Composer 2.5 knows.
    pub(crate) fn ask(&mut self, dice: &mut Dice) {
        let locked: Vec<String> = ["packages", "packages-dev"]
            .iter()
            .flat_map(|list| self.lock[list].as_array().into_iter().flatten())
            .filter_map(|package| package["name"].as_str().map(String::from))
            .collect();
        if !locked.is_empty() && dice.chance(60) {
            let mut wanted: Vec<String> = (0..1 + dice.below(2))
                .map(|_| locked[dice.below(locked.len())].clone())
                .collect();
            if dice.chance(15) {
                wanted = vec![format!("{}/*", dice.pick(&VENDORS))];
            }
            let with = dice.pick(&[
                "",
                "--with-dependencies",
                "--with-all-dependencies",
                "--with-all-dependencies",
                "-w",
                "-W",
            ]);
            self.args.extend(wanted);
            self.args
                .extend((!with.is_empty()).then(|| with.to_string()));
        } else if !locked.is_empty() && dice.chance(6) {
            self.args.push("--lock".into());
        }
        let root: Vec<String> = self.composer["require"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect();
        for (flag, percent) in [
            ("--prefer-lowest", 12),
            ("--prefer-stable", 10),
            ("--ignore-platform-reqs", 10),
            ("--ignore-platform-req=php", 5),
            ("--root-reqs", if locked.is_empty() { 1 } else { 5 }),
        ] {
            if dice.chance(percent) {
                self.args.push(flag.into());
            }
        }
        if dice.chance(5) && self.args.is_empty() {
            self.args.extend([
                "--with".into(),
                format!(
                    "{}:{}",
                    root[dice.below(root.len())],
                    dice.pick(&["^1", "^2.0", "*", "<3"])
                ),
            ]);
        }
    }

    fn names(&self) -> Vec<String> {
        let repositories = self.composer["repositories"]
            .as_array()
            .into_iter()
            .flatten();
        let packages = repositories
            .flat_map(|repository| repository["package"].as_array().into_iter().flatten());
        let mut names: Vec<String> = packages
            .filter_map(|package| package["name"].as_str().map(String::from))
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// Every world that is smaller by one package version, one link, one requirement, one lock entry or one flag.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut worlds = Vec::new();
        let mut push = |change: &dyn Fn(&mut Self)| {
            let mut world = self.clone();
            change(&mut world);
            worlds.push(world);
        };
        let repositories = self.composer["repositories"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for (r, repository) in repositories.iter().enumerate() {
            for (p, package) in repository["package"]
                .as_array()
                .into_iter()
                .flatten()
                .enumerate()
            {
                push(&|world| {
                    world.composer["repositories"][r]["package"]
                        .as_array_mut()
                        .map(|packages| packages.remove(p));
                });
                for key in [
                    "require", "replace", "provide", "conflict", "source", "dist", "extra",
                ] {
                    for name in package[key]
                        .as_object()
                        .into_iter()
                        .flatten()
                        .map(|(name, _)| name)
                    {
                        push(&|world| {
                            let package = &mut world.composer["repositories"][r]["package"][p];
                            package[key]
                                .as_object_mut()
                                .map(|links| links.shift_remove(name));
                        });
                    }
                }
            }
        }
        for key in self
            .composer
            .keys()
            .filter(|key| !matches!(key.as_str(), "name" | "repositories" | "require"))
        {
            push(&|world| drop(world.composer.shift_remove(key)));
        }
        for key in ["require", "require-dev"] {
            for name in self
                .composer
                .get(key)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .map(|(name, _)| name)
            {
                push(&|world| {
                    world.composer[key]
                        .as_object_mut()
                        .map(|links| links.shift_remove(name));
                });
            }
        }
        for argument in 0..self.args.len() {
            push(&|world| drop(world.args.remove(argument)));
        }
        if !self.lock.is_null() {
            push(&|world| world.lock = Value::Null);
        }
        worlds
    }
}

/// Mostly one that some version fits.
fn constraint(dice: &mut Dice, versions: &[&str]) -> Value {
    let stable = versions
        .iter()
        .filter(|version| !version.contains(|c: char| c.is_ascii_alphabetic()));
    let stable: Vec<&str> = stable.copied().collect();
    match dice.below(10) {
        0..6 => "*".into(),
        6..9 if !stable.is_empty() => {
            let version = dice.pick(&stable);
            let minor = version.rsplit_once('.').map_or(version, |(minor, _)| minor);
            let major = version.split('.').next().unwrap_or(version);
            dice.pick(&[
                version,
                &format!("^{version}"),
                &format!("^{major}"),
                &format!("~{minor}"),
                &format!("{minor}.*"),
                &format!("{major}.*"),
                &format!(">={version}"),
                &format!("<={version}"),
                &format!("^{major}.0 || dev-main"),
                &format!(">={major} <{}", major.parse().unwrap_or(0) + 1),
            ])
            .into()
        }
        _ => dice.pick(&CONSTRAINTS).into(),
    }
}

fn root_constraint(dice: &mut Dice, versions: &[&str]) -> Value {
    let branch = versions
        .iter()
        .copied()
        .find(|version| BRANCHES.contains(version));
    match (dice.below(10), branch) {
        (0..4, Some(branch)) => {
            let reference = "0123456789abcdef0123456789abcdef01234567";
            dice.pick(&[
                branch,
                "@dev",
                "*@dev",
                &format!("{branch} as 1.5.0"),
                &format!("{branch} as 2.0.5"),
                &format!("{branch}#{reference}"),
                &format!("{branch} || ^1.0"),
            ])
            .into()
        }
        (0..2, None) => dice
            .pick(&["@dev", "*@stable", "^2.0@dev", "^1.0@beta", "*@alpha"])
            .into(),
        _ => constraint(dice, versions),
    }
}

fn replacement(dice: &mut Dice) -> Value {
    dice.pick(&[
        "self.version",
        "self.version",
        "*",
        "1.0.0",
        "2.0.0",
        "^1.0",
        "^2.0",
        "103.0.8-p3",
    ])
    .into()
}

fn platform(dice: &mut Dice, links: &mut Map<String, Value>) {
    let (name, constraint) = PLATFORM[dice.below(PLATFORM.len())];
    links.insert(name.into(), constraint.into());
}

/// One to eight versions, in an order that means nothing.
fn versions(dice: &mut Dice) -> Vec<&'static str> {
    let mut versions: Vec<&str> = Vec::new();
    for _ in 0..1 + dice.below(8) {
        let version = match dice.below(20) {
            0..14 => dice.pick(&STABLE),
            14..17 => dice.pick(&UNSTABLE),
            _ => dice.pick(&BRANCHES),
        };
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    versions
}

fn package(dice: &mut Dice, name: &str, version: &str, cast: &Cast) -> Value {
    let mut package = Map::new();
    package.insert("name".into(), name.into());
    package.insert("version".into(), version.into());
    let branch = BRANCHES.contains(&version);
    if branch || dice.chance(30) {
        package.insert("source".into(), json!({"type": "git", "url": format!("https://example.org/{name}.git"), "reference": dice.reference()}));
    }
    if dice.chance(10) {
        let url = format!("https://example.org/{name}/{version}.zip");
        package.insert(
            "dist".into(),
            json!({"type": "zip", "url": url, "reference": dice.reference(), "shasum": ""}),
        );
    }
    let mut require = Map::new();
    for _ in 0..[0, 0, 1, 1, 1, 2][dice.below(6)] {
        let (other, versions) = &cast[dice.below(cast.len())];
        if other != name {
            require.insert(other.clone(), constraint(dice, versions));
        }
    }
    if dice.chance(3) {
        require.insert(dice.pick(&VIRTUAL).into(), constraint(dice, &[]));
    }
    if dice.chance(8) {
        platform(dice, &mut require);
    }
    if !require.is_empty() {
        package.insert("require".into(), require.into());
    }
    // Composer refuses a package that names itself, or that conflicts with what it replaces.
    let (replaced, _) = &cast[dice.below(cast.len())];
    if replaced != name && dice.chance(20) {
        package.insert(
            "replace".into(),
            json!({ replaced.clone(): replacement(dice) }),
        );
    }
    if dice.chance(15) {
        package.insert(
            "provide".into(),
            json!({ dice.pick(&VIRTUAL): replacement(dice) }),
        );
    }
    let (other, versions) = &cast[dice.below(cast.len())];
    if other != name && other != replaced && dice.chance(6) {
        package.insert(
            "conflict".into(),
            json!({ other.clone(): constraint(dice, versions) }),
        );
    }
    if branch && dice.chance(60) {
        let alias = dice.pick(&["1.x-dev", "2.x-dev", "3.0.x-dev"]);
        package.insert(
            "extra".into(),
            json!({ "branch-alias": { version: alias } }),
        );
    }
    if version == "dev-main" && dice.chance(50) {
        package.insert("default-branch".into(), true.into());
    }
    package.into()
}

/// One to three repositories; a name may be in several, and a repository may be choosy.
fn repositories(dice: &mut Dice, packages: Vec<Value>, cast: &Cast) -> Value {
    let count = [1, 1, 1, 2, 2, 3][dice.below(6)];
    let mut lists: Vec<Vec<Value>> = vec![Vec::new(); count];
    for package in packages {
        lists[dice.below(count)].push(package);
    }
    let mut repositories: Vec<Value> = Vec::new();
    // Composer takes an empty list for one package without a name.
    for list in lists.into_iter().filter(|list| !list.is_empty()) {
        let mut repository = json!({ "type": "package", "package": list });
        if count > 1 && dice.chance(30) {
            repository["canonical"] = false.into();
        }
        if count > 1 && dice.chance(25) {
            let patterns: Vec<&str> = (0..1 + dice.below(2))
                .map(|_| cast[dice.below(cast.len())].0.as_str())
                .chain(["acme/*"])
                .collect();
            repository[dice.pick(&["only", "exclude"])] = patterns.into();
        }
        repositories.push(repository);
    }
    repositories.push(json!({ "packagist.org": false }));
    repositories.into()
}
