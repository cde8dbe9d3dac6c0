<?php
// Loads the classes of the Composer that is installed: a Debian package, a phar, or a source tree.

declare(strict_types=1);

(static function (): void {
    $candidates = ['/usr/share/php/Composer/autoload.php'];
    $binary = getenv('COMPOSER_BINARY') ?: trim((string) shell_exec('command -v composer'));
    if ($binary !== '' && ($real = realpath($binary)) !== false) {
        array_unshift($candidates, "phar://$real/vendor/autoload.php", dirname($real, 2) . '/vendor/autoload.php');
    }
    foreach ($candidates as $autoload) {
        if (@is_file($autoload)) {
            require_once $autoload;
            if (class_exists(Composer\Composer::class)) {
                return;
            }
        }
    }
    fwrite(STDERR, "no Composer found: install it, or name it in COMPOSER_BINARY\n");
    exit(2);
})();
