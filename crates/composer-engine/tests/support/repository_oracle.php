<?php

// Answers questions about repositories with Composer's own classes, found by the given autoloader.
// One question a line on stdin, one answer a line on stdout, both JSON.
// `{"load": FILE, "name": NAME}`: the versions of a document, as loaded.
// `{"order": ROOT, "user": CONFIG}`: the repositories of a composer.json, in Composer's order.

use Composer\Config;
use Composer\MetadataMinifier\MetadataMinifier;
use Composer\Package\AliasPackage;
use Composer\Package\Loader\ArrayLoader;

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

while (($line = fgets(STDIN)) !== false) {
    $question = json_decode($line, true);
    $answer = isset($question['load'])
        ? load($question['load'], $question['name'])
        : order($question['order'], $question['user'] ?? null);
    echo json_encode($answer, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}
