<?php
// Makes the recording beside this file out of a registry: a folder with one static Composer repository per host.
//
//     php tests/recording/record.php REGISTRY [OUT]
//
// What is kept, and why, is told in README.md here. The output depends on REGISTRY and roots.json only.

declare(strict_types=1);

require __DIR__ . '/../support/composer.php';

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
/** For every requirement, this many of the newest versions that fit it. */
const NEWEST = 3;
/** The facts that solving and locking need; prose, people, autoloading and archive mirrors stay away. */
const FIELDS = ['name', 'version', 'version_normalized', 'source', 'dist', 'require', 'conflict', 'provide', 'replace', 'type', 'extra', 'abandoned', 'default-branch'];
const NESTED = ['source' => ['type', 'url', 'reference'], 'dist' => ['type', 'url', 'reference', 'shasum'], 'extra' => ['branch-alias', 'magento_version']];

final class Recorder
{
    private VersionParser $parser;
    /** @var array<string, list<array<string, mixed>>> all versions of "host name", newest first */
    private array $known = [];
    /** @var array<string, array<string, array<string, mixed>>> "host name" => version => entry */
    private array $kept = [];
    /** @var array<string, true> "name constraint" seen */
    private array $seen = [];
    /** @var list<array{string, string, bool}> */
    private array $queue = [];
    /** @var array<string, true> the Mage-OS releases that some root asks for */
    private array $releases = [];

    public function __construct(private string $registry)
    {
        $this->parser = new VersionParser();
    }

    /** Follows the requirements of a root, its development ones too. */
    public function follow(array $requirements): void
    {
        foreach ($requirements as $name => $constraint) {
            if (preg_match(PRODUCT, $name)) {
                $this->releases[$constraint] = true;
            }
        }
        foreach ($requirements as $name => $constraint) {
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

    /** @return list<array<string, mixed>> */
    private function newest(string $host, string $name, string $text, bool $unstable): array
    {
        $constraint = $this->parser->parseConstraints($text);
        $fits = array_filter($this->versions($host, $name), fn (array $entry): bool =>
            ($unstable || VersionParser::parseStability($entry['version']) === 'stable')
            && $constraint->matches(new Constraint('==', $entry['version_normalized']))
            && !$this->isOfOtherRelease($host, $entry));

        return array_slice($fits, 0, NEWEST);
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
            && in_array($release, array_column($this->versions($host, 'mage-os/product-community-edition'), 'version'), true);
    }

    /** @return list<array<string, mixed>> newest first, stable and development ones */
    private function versions(string $host, string $name): array
    {
        return $this->known["$host $name"] ??= (function () use ($host, $name): array {
            $all = $this->read($host, $name);
            foreach (MIRRORS[$host] ?? [] as $mirror) {
                foreach (array_diff_key($this->read($mirror, $name), $all) as $version => $entry) {
                    $file = strtr($name, '/', '-') . "-{$entry['version_normalized']}.zip";
                    $all[$version] = ['dist' => ['type' => 'zip', 'url' => "https://$host/archives/$name/$file"]] + $entry;
                }
            }
            $all = array_map($this->facts(...), array_values($all));
            usort($all, static fn (array $a, array $b): int => match (true) {
                $a['version_normalized'] === $b['version_normalized'] => strcmp($a['version'], $b['version']),
                Comparator::greaterThan($a['version_normalized'], $b['version_normalized']) => -1,
                default => 1,
            });

            return $all;
        })();
    }

    /** @return array<string, array<string, mixed>> by version */
    private function read(string $host, string $name): array
    {
        $all = [];
        foreach (['', '~dev'] as $suffix) {
            $file = "$this->registry/$host/p2/$name$suffix.json";
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

    private function facts(array $entry): array
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

    public function write(string $out): void
    {
        $files = [];
        foreach ($this->kept as $key => $entries) {
            [$host, $name] = explode(' ', $key);
            $order = array_column($this->versions($host, $name), 'version');
            uksort($entries, static fn (string $a, string $b): int => array_search($a, $order, true) <=> array_search($b, $order, true));
            foreach ($entries as $version => $entry) {
                // A name whose development versions are kept has both files, or Composer fails to read a folder.
                $dev = VersionParser::parseStability((string) $version) === 'dev' ? '~dev' : '';
                $files[$host][$name] ??= [];
                $files[$host]["$name$dev"][] = $entry;
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
$recorder = new Recorder($registry);
foreach (json_decode(file_get_contents(__DIR__ . '/roots.json'), true, 512, JSON_THROW_ON_ERROR) as $requirements) {
    $recorder->follow($requirements);
}
$recorder->write($out);
