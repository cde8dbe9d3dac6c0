<?php

// Answers questions about repositories with Composer's own classes, found by the given autoloader.
// One question a line on stdin, one answer a line on stdout, both JSON.
// `{"load": FILE, "name": NAME}`: the versions of a document, as loaded.
// `{"all": DEFINITION, "in": FOLDER, "cache": FOLDER}`: the packages of a repository, as a lock would hold them.
// `{"driver": DEFINITION, "config": [CONFIG, ...]}`: which driver reads a repository, or that none does.
// `{"order": ROOT, "user": CONFIG}`: the repositories of a composer.json, in Composer's order.

use Composer\Config;
use Composer\Downloader\TransportException;
use Composer\IO\NullIO;
use Composer\MetadataMinifier\MetadataMinifier;
use Composer\Package\AliasPackage;
use Composer\Package\Dumper\ArrayDumper;
use Composer\Package\Loader\ArrayLoader;
use Composer\Repository\RepositoryFactory;
use Composer\Repository\Vcs\GitBitbucketDriver;
use Composer\Repository\Vcs\GitDriver;
use Composer\Repository\Vcs\GitHubDriver;
use Composer\Repository\Vcs\GitLabDriver;
use Composer\Util\Http\Response;
use Composer\Util\HttpDownloader;
use Composer\Util\ProcessExecutor;

require $argv[1];

function load(string $file, string $name): array
{
    $document = json_decode(file_get_contents($file), true);
    $versions = $document['packages'][$name];
    if (($document['minified'] ?? null) === 'composer/2.0') {
        $versions = MetadataMinifier::expand($versions);
    }
    $loader = new ArrayLoader();
    $loaded = [];
    foreach ($versions as $version) {
        try {
            [$package] = $loader->loadPackages([$version]);
        } catch (Exception $e) {
            $loaded[] = ['error' => true];
            continue;
        }
        $alias = null;
        if ($package instanceof AliasPackage) {
            $alias = [$package->getVersion(), $package->getPrettyVersion()];
            $package = $package->getAliasOf();
        }
        $links = [];
        foreach (['getRequires', 'getConflicts', 'getProvides', 'getReplaces'] as $section) {
            $links[] = array_map(
                static fn ($link): array => [$link->getTarget(), $link->getPrettyConstraint()],
                array_values($package->$section())
            );
        }
        $loaded[] = [
            'name' => $package->getName(),
            'pretty_name' => $package->getPrettyName(),
            'version' => $package->getVersion(),
            'pretty_version' => $package->getPrettyVersion(),
            'stability' => $package->getStability(),
            'type' => $package->getType(),
            'alias' => $alias,
            'source' => $package->getSourceReference(),
            'dist' => $package->getDistReference(),
            'links' => $links,
        ];
    }

    return $loaded;
}

function order(array $root, ?array $user): array
{
    $config = new Config(false);
    foreach ([$user, $root] as $file) {
        if ($file !== null) {
            $config->merge($file);
        }
    }
    $repositories = [];
    foreach ($config->getRepositories() as $name => $repository) {
        if (!is_array($repository) || !isset($repository['type'])) {
            return ['refused'];
        }
        $repositories[] = [$repository['type'], $repository['url'] ?? null];
    }

    return $repositories;
}

function driver(array $definition, array $configs): string
{
    $io = new NullIO();
    $config = new Config(false, '/nowhere');
    $config->merge(['config' => ['home' => '/nowhere', 'cache-dir' => '/nowhere']]);
    foreach ($configs as $part) {
        $config->merge(['config' => $part]);
    }
    $io->loadConfiguration($config);
    $downloader = new class ($io, $config) extends HttpDownloader {
        public function get($url, $options = []): Response
        {
            throw new TransportException('nobody is asked', 500);
        }
    };
    $all = [
        'github' => GitHubDriver::class,
        'gitlab' => GitLabDriver::class,
        'bitbucket' => GitBitbucketDriver::class,
        'git' => GitDriver::class,
    ];
    $supports = static fn ($name): bool => $all[$name]::supports($io, $config, $definition['url']);
    $name = $definition['type'] === 'vcs'
        ? current(array_filter(array_keys($all), $supports)) ?: 'git'
        : $definition['type'];
    if ($name !== 'git') {
        try {
            (new $all[$name]($definition, $io, $config, $downloader, new ProcessExecutor($io)))->initialize();
        } catch (TransportException $e) {
            return $name;
        } catch (LogicException $e) {
            return 'refused';
        }
    }

    return $name;
}

function all(array $definition, string $folder, string $cache): array
{
    chdir($folder);
    $io = new NullIO();
    $config = new Config(false, $folder);
    $config->merge(['config' => ['secure-http' => false, 'cache-dir' => $cache, 'cache-vcs-dir' => "$cache/vcs", 'cache-repo-dir' => "$cache/repo"]]);
    $manager = RepositoryFactory::manager($io, $config, new HttpDownloader($io, $config));
    $dumper = new ArrayDumper();
    try {
        $packages = $manager->createRepository($definition['type'], $definition)->getPackages();
    } catch (Exception $e) {
        return ['error' => $e->getMessage()];
    }
    $dumped = [];
    foreach ($packages as $package) {
        if ($package instanceof AliasPackage) {
            $dumped[] = ['alias' => $package->getPrettyVersion(), 'name' => $package->getName()];
            continue;
        }
        $data = $dumper->dump($package);
        unset($data['version_normalized']);
        // As Locker does.
        if (isset($data['time'])) {
            $time = $data['time'];
            unset($data['time']);
            $data['time'] = $time;
        }
        $dumped[] = ['normalized' => $package->getVersion()] + $data;
    }

    return $dumped;
}

while (($line = fgets(STDIN)) !== false) {
    $question = json_decode($line, true);
    if (isset($question['load'])) {
        $answer = load($question['load'], $question['name']);
    } elseif (isset($question['all'])) {
        $answer = all($question['all'], $question['in'], $question['cache']);
    } elseif (isset($question['driver'])) {
        $answer = driver($question['driver'], $question['config']);
    } else {
        $answer = order($question['order'], $question['user'] ?? null);
    }
    echo json_encode($answer, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}
