<?php
// Answers, one JSON line for each JSON line, what Composer and PHP make of a text. The first argument is Composer's autoloader.
require $argv[1];

use Composer\Json\JsonFile;
use Composer\Json\JsonManipulator;
use Composer\Package\AliasPackage;
use Composer\Package\Dumper\ArrayDumper;
use Composer\Package\Loader\ArrayLoader;
use Composer\Package\Locker;

set_error_handler(static fn (int $level, string $message) => throw new ErrorException($message));

/** The lock entry of a package: loader, dumper, and what Locker::lockPackages does to it. */
function dump(string $text, bool $fromRepository): string
{
    $entry = json_decode($text, true);
    $loader = new ArrayLoader(null, !$fromRepository);
    $package = $fromRepository ? $loader->loadPackages([$entry])[0] : $loader->load($entry);
    if ($fromRepository) {
        // ComposerRepository::createPackages does so; no mirrors here.
        $package->setDistMirrors(null);
    }
    if ($package instanceof AliasPackage) {
        $package = $package->getAliasOf();
    }
    $spec = (new ArrayDumper())->dump($package);
    $time = $spec['time'] ?? null;
    unset($spec['version_normalized'], $spec['time'], $spec['installation-source']);
    if (null !== $time) {
        $spec['time'] = $time;
    }

    return JsonFile::encode($spec);
}

/** @param array<mixed> $arguments */
function manipulate(string $text, string $method, array $arguments): ?string
{
    $manipulator = new JsonManipulator($text);

    return $manipulator->{$method}(...$arguments) ? $manipulator->getContents() : null;
}

/**
 * @param list<string> $names
 * @return list<string>
 */
function sortPackages(array $names): array
{
    $links = array_fill_keys($names, '1');
    $sort = new ReflectionMethod(JsonManipulator::class, 'sortPackages');
    $sort->invokeArgs(new JsonManipulator('{}'), [&$links]);

    return array_map('strval', array_keys($links));
}

while (false !== $line = fgets(STDIN)) {
    $request = json_decode($line, true);
    try {
        $answer = match ($request['do']) {
            'recode' => [
                JsonFile::encode(json_decode($request['text'], false, 512, JSON_THROW_ON_ERROR)),
                json_encode(json_decode($request['text'], false, 512, JSON_THROW_ON_ERROR), JSON_THROW_ON_ERROR),
                json_encode(json_decode($request['text'], true, 512, JSON_THROW_ON_ERROR), JSON_THROW_ON_ERROR),
            ],
            'content_hash' => Locker::getContentHash($request['text']),
            'dump' => dump($request['text'], $request['from_repository']),
            'sort' => sortPackages($request['names']),
            'manipulate' => manipulate($request['text'], $request['method'], $request['arguments']),
        };
    } catch (Throwable $error) {
        $answer = null;
    }
    echo json_encode($answer, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), "\n";
}
