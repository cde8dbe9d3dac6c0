<?php
// Makes the recording beside this file out of a registry: a folder with one static Composer repository per host.
//
//     php data/recording/record.php REGISTRY [OUT]
//
// What is kept, and why, is told in README.md here. The output depends on REGISTRY and roots.json only.

declare(strict_types=1);

require __DIR__ . '/../../tests/promises/kit/composer.php';

use Composer\MetadataMinifier\MetadataMinifier;
use Composer\Repository\PlatformRepository;
use Composer\Semver\Comparator;
use Composer\Semver\Constraint\Constraint;
use Composer\Semver\VersionParser;

/** The hosts of the recording, in the order in which a store that asks several would ask them. */
const HOSTS = ['repo.mage-os.org', 'repo.magento.com', 'repo.packagist.org'];
/** Public mirrors of a host: what they have and the registry's folder of the host lacks is taken from them, as the host would serve it. */
const MIRRORS = ['repo.magento.com' => ['repo-magento-mirror.fooman.co.nz']];
/** What a host puts into the lock of whoever installs from it. */
const NOTIFY = ['repo.packagist.org' => 'https://packagist.org/downloads/'];
/** The metapackages that are a Mage-OS release. */
const PRODUCT = '{^mage-os/product-[a-z]+-edition$}';
/** Of the versions that fit a requirement, this many of the newest are kept, and the newest that runs on each of these. */
const NEWEST = 2;
const PHP = ['8.2.99', '8.3.99', '8.4.99'];
/** The PHP for which Composer resolves the roots; every recorded release runs on it. */
const ROOT_PHP = '8.3.99';
/** The facts that solving and locking need; prose, people, autoloading and archive mirrors stay away. */
const FIELDS = ['name', 'version', 'source', 'dist', 'require', 'conflict', 'provide', 'replace', 'type', 'extra', 'abandoned', 'default-branch'];
const NESTED = ['source' => ['type', 'url', 'reference'], 'dist' => ['type', 'url', 'reference', 'shasum'], 'extra' => ['branch-alias', 'magento_version']];

/** The folder of the registry, with the gaps of hosts that have mirrors filled. */
final class Registry
{
    public readonly VersionParser $parser;
    /** @var array<string, list<array<string, mixed>>> all versions of "host name", newest first */
    private array $known = [];

    public function __construct(private string $folder)
    {
        $this->parser = new VersionParser();
    }

    /** @return list<array<string, mixed>> newest first, stable and development ones */
    public function versions(string $host, string $name): array
    {
        return $this->known["$host $name"] ??= $this->sorted($this->read($host, $name) + $this->missing($host, $name));
    }

    /** The names that a host has.
     * @return list<string> */
    public function names(string $host): array
    {
        $root = json_decode(file_get_contents("$this->folder/$host/packages.json"), true, 512, JSON_THROW_ON_ERROR);

        return $root['available-packages'];
    }

    /** What a root needs in its `repositories` so that Composer reads this registry.
     * @return list<array<string, mixed>> */
    public function repositories(string $host, string $temporary): array
    {
        $filled = [];
        foreach (MIRRORS[$host] ?? [] as $mirror) {
            foreach ($this->names($mirror) as $name) {
                array_push($filled, ...array_values($this->missing($host, $name)));
            }
        }
        $repositories = $filled === [] ? [] : [['type' => 'package', 'package' => $filled, 'canonical' => false]];
        foreach ([$host, 'repo.packagist.org'] as $read) {
            @mkdir("$temporary/$read");
            file_put_contents("$temporary/$read/packages.json", json_encode([
                'packages' => [],
                'metadata-url' => 'file://' . realpath("$this->folder/$read") . '/p2/%package%.json',
                'available-packages' => $this->names($read),
            ], JSON_THROW_ON_ERROR));
            $repositories[] = ['type' => 'composer', 'url' => "file://$temporary/$read"];
        }

        return [...$repositories, ['packagist.org' => false]];
    }

    /** What only the mirrors of a host have, as the host would serve it.
     * @return array<string, array<string, mixed>> by version */
    private function missing(string $host, string $name): array
    {
        $missing = [];
        foreach (MIRRORS[$host] ?? [] as $mirror) {
            foreach (array_diff_key($this->read($mirror, $name), $this->read($host, $name)) as $version => $entry) {
                $file = strtr($name, '/', '-') . "-{$entry['version_normalized']}.zip";
                $missing[$version] = ['dist' => ['type' => 'zip', 'url' => "https://$host/archives/$name/$file"]] + $entry;
            }
        }

        return $missing;
    }

    /** @return array<string, array<string, mixed>> by version */
    private function read(string $host, string $name): array
    {
        $all = [];
        foreach (['', '~dev'] as $suffix) {
            $file = "$this->folder/$host/p2/$name$suffix.json";
            if (!is_file($file)) {
                continue;
            }
            $document = json_decode(file_get_contents($file), true, 512, JSON_THROW_ON_ERROR);
            $entries = $document['packages'][$name] ?? [];
            if (isset($document['minified'])) {
                $entries = MetadataMinifier::expand($entries);
            }
            foreach ($entries as $entry) {
                $entry['version_normalized'] ??= $this->parser->normalize($entry['version']);
                $all[$entry['version']] = $entry;
            }
        }

        return $all;
    }

    /** @return list<array<string, mixed>> */
    private function sorted(array $entries): array
    {
        usort($entries, static fn (array $a, array $b): int => match (true) {
            $a['version_normalized'] === $b['version_normalized'] => strcmp($a['version'], $b['version']),
            Comparator::greaterThan($a['version_normalized'], $b['version_normalized']) => -1,
            default => 1,
        });

        return $entries;
    }
}

final class Recorder
{
    /** @var array<string, array<string, array<string, mixed>>> "host name" => version => entry */
    private array $kept = [];
    /** @var array<string, true> "name constraint" seen */
    private array $seen = [];
    /** @var list<array{string, string, bool}> */
    private array $queue = [];
    /** @var array<string, true> the Mage-OS releases that some root asks for */
    private array $releases = [];

    public function __construct(private Registry $registry, array $roots)
    {
        foreach ($roots as $root) {
            foreach ($root['require'] as $name => $constraint) {
                if (preg_match(PRODUCT, $name)) {
                    $this->releases[$constraint] = true;
                }
            }
        }
    }

    /** Keeps what Composer locks for a root, and what each requirement met on the way could also have. */
    public function follow(array $root): void
    {
        foreach ($this->locked($root) as [$name, $version]) {
            foreach ([$root['repository'], 'repo.packagist.org'] as $host) {
                foreach ($this->registry->versions($host, $name) as $entry) {
                    if ($entry['version'] === $version) {
                        $this->keep($host, $entry);
                        break 2;
                    }
                }
            }
        }
        foreach ($root['require'] + $root['require-dev'] as $name => $constraint) {
            $this->enqueue($name, $constraint, true);
        }
        while ([$name, $constraint, $unstable] = array_shift($this->queue)) {
            foreach (HOSTS as $host) {
                foreach ($this->newest($host, $name, $constraint, $unstable) as $entry) {
                    $this->keep($host, $entry);
                }
            }
        }
    }

    /** @return list<array{string, string}> name and version of every package that Composer locks */
    private function locked(array $root): array
    {
        $temporary = sys_get_temp_dir() . '/recording-' . getmypid();
        @mkdir($temporary);
        file_put_contents("$temporary/composer.json", json_encode([
            'require' => (object) $root['require'],
            'require-dev' => (object) $root['require-dev'],
            'minimum-stability' => 'stable',
            'prefer-stable' => true,
            'config' => ['platform' => ['php' => ROOT_PHP]],
            'repositories' => $this->registry->repositories($root['repository'], $temporary),
        ], JSON_THROW_ON_ERROR));
        $composer = escapeshellarg(getenv('COMPOSER_BINARY') ?: 'composer');
        $platform = ($root['ignore-platform-reqs'] ?? false) ? '--ignore-platform-reqs' : "--ignore-platform-req='ext-*' --ignore-platform-req='lib-*'";
        $flags = "--no-install --no-plugins --no-scripts --no-interaction --quiet $platform";
        $settings = 'COMPOSER_DISABLE_NETWORK=1 COMPOSER_CACHE_DIR=/dev/null COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_MEMORY_LIMIT=-1';
        passthru("$settings $composer update -d " . escapeshellarg($temporary) . " $flags", $exit);
        $lock = $exit === 0 ? json_decode(file_get_contents("$temporary/composer.lock"), true, 512, JSON_THROW_ON_ERROR) : null;
        exec('rm -rf ' . escapeshellarg($temporary));
        if ($lock === null) {
            fwrite(STDERR, 'Composer cannot resolve ' . json_encode($root['require'], JSON_UNESCAPED_SLASHES) . "\n");
            exit(1);
        }

        return array_map(
            static fn (array $package): array => [$package['name'], $package['version']],
            [...$lock['packages'], ...$lock['packages-dev']]
        );
    }

    /** Only a root can allow unstable versions, so only there they are of use. */
    private function enqueue(string $name, string $constraint, bool $unstable): void
    {
        $name = strtolower($name);
        if (!PlatformRepository::isPlatformPackage($name) && !isset($this->seen["$name $constraint $unstable"])) {
            $this->seen["$name $constraint $unstable"] = true;
            $this->queue[] = [$name, $constraint, $unstable];
        }
    }

    private function keep(string $host, array $entry): void
    {
        $key = "$host {$entry['name']}";
        if (isset($this->kept[$key][$entry['version']])) {
            return;
        }
        $this->kept[$key][$entry['version']] = $entry;
        foreach ($entry['require'] ?? [] as $name => $constraint) {
            $this->enqueue($name, $constraint === 'self.version' ? $entry['version'] : $constraint, false);
        }
    }

    /** @return array<int, array<string, mixed>> */
    private function newest(string $host, string $name, string $text, bool $unstable): array
    {
        $constraint = $this->registry->parser->parseConstraints($text);
        $fits = array_filter($this->registry->versions($host, $name), fn (array $entry): bool =>
            ($unstable || VersionParser::parseStability($entry['version']) === 'stable')
            && $constraint->matches(new Constraint('==', $entry['version_normalized']))
            && !$this->isOfOtherRelease($host, $entry));
        $newest = array_slice($fits, 0, NEWEST, true);
        foreach (PHP as $php) {
            $newest += array_slice(array_filter($fits, fn (array $entry): bool => $this->runs($entry, $php)), 0, 1, true);
        }

        return $newest;
    }

    private function runs(array $entry, string $php): bool
    {
        $parser = $this->registry->parser;

        return $parser->parseConstraints($entry['require']['php'] ?? '*')->matches(new Constraint('==', $parser->normalize($php)));
    }

    /** Whether an entry, or the one that an alias metapackage stands for, was built for a Mage-OS release that no root asks for. */
    private function isOfOtherRelease(string $host, array $entry): bool
    {
        if ($host !== 'repo.mage-os.org') {
            return false;
        }
        $name = preg_replace('{^magento/}', 'mage-os/', $entry['name'], 1, $alias);
        $release = $alias === 1 ? ($entry['require'][$name] ?? null) : $entry['version'];

        return !isset($this->releases[$release])
            && in_array($release, array_column($this->registry->versions($host, 'mage-os/product-community-edition'), 'version'), true);
    }

    public function write(string $out): void
    {
        $files = [];
        foreach ($this->kept as $key => $entries) {
            [$host, $name] = explode(' ', $key);
            foreach ($this->registry->versions($host, $name) as $entry) {
                if (isset($entries[$entry['version']])) {
                    // A name whose development versions are kept has both files, or Composer fails to read a folder.
                    $dev = VersionParser::parseStability($entry['version']) === 'dev' ? '~dev' : '';
                    $files[$host][$name] ??= [];
                    $files[$host]["$name$dev"][] = self::facts($entry);
                }
            }
        }
        foreach (HOSTS as $host) {
            ksort($files[$host]);
            $names = [];
            foreach ($files[$host] as $file => $entries) {
                $name = str_replace('~dev', '', $file);
                $names[$name] = true;
                self::put("$out/$host/p2/$file.json", ['minified' => 'composer/2.0', 'packages' => [$name => MetadataMinifier::minify($entries)]]);
            }
            $root = ['packages' => [], 'metadata-url' => '/p2/%package%.json', 'available-packages' => array_keys($names)];
            self::put("$out/$host/packages.json", isset(NOTIFY[$host]) ? ['notify-batch' => NOTIFY[$host]] + $root : $root);
        }
    }

    private static function facts(array $entry): array
    {
        $facts = [];
        foreach (FIELDS as $field) {
            $value = $entry[$field] ?? null;
            if (is_array($value) && isset(NESTED[$field])) {
                $value = array_intersect_key($value, array_flip(NESTED[$field]));
            }
            if ($value !== null && $value !== []) {
                $facts[$field] = $value;
            }
        }

        return $facts;
    }

    private static function put(string $file, array $document): void
    {
        if (!is_dir(dirname($file))) {
            mkdir(dirname($file), 0o777, true);
        }
        file_put_contents($file, json_encode($document, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR) . "\n");
    }
}

[, $registry, $out] = $argv + [null, null, __DIR__];
if ($registry === null || !is_dir($registry)) {
    fwrite(STDERR, "usage: php record.php REGISTRY [OUT]\n");
    exit(2);
}
ini_set('memory_limit', '-1');
$roots = json_decode(file_get_contents(__DIR__ . '/roots.json'), true, 512, JSON_THROW_ON_ERROR);
$recorder = new Recorder(new Registry($registry), $roots);
foreach ($roots as $root) {
    $recorder->follow($root);
}
$recorder->write($out);
