<?php
// Prints Composer's content-hash of the composer.json named.

declare(strict_types=1);

require __DIR__ . '/composer.php';

echo Composer\Package\Locker::getContentHash(file_get_contents($argv[1])), "\n";
