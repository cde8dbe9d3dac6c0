<?php
// Asks Composer many small questions in one process: starting it costs more than answering.
//
//     php worlds.php QUESTIONS
//
// QUESTIONS: a file with one JSON document a line, {"composer": root, "lock": lock or null, "args": flags of `update`}.
// Standard output: for each, {"exit": code, "lock": the text of the lock afterwards or null, "said": what Composer printed}.

declare(strict_types=1);

require __DIR__ . '/composer.php';

use Composer\Console\Application;
use Symfony\Component\Console\Input\ArgvInput;
use Symfony\Component\Console\Output\BufferedOutput;

// Without a version of its own Composer would ask git, Mercurial, Fossil and Subversion for the root's, every time.
putenv('COMPOSER_ROOT_VERSION=1.0.0');

const FLAGS = ['composer', 'update', '--no-install', '--no-plugins', '--no-scripts', '--no-audit', '--no-interaction', '--no-ansi'];

$encode = static fn (mixed $value): string => json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR);
foreach (new SplFileObject($argv[1]) as $line) {
    if (trim($line) === '') {
        continue;
    }
    // Objects stay objects, so that `{}` reaches Composer as it was.
    $question = json_decode($line, false, 512, JSON_THROW_ON_ERROR);
    file_put_contents('composer.json', $encode($question->composer));
    @unlink('composer.lock');
    if ($question->lock !== null) {
        file_put_contents('composer.lock', $encode($question->lock));
    }
    $application = new Application();
    $application->setAutoExit(false);
    $output = new BufferedOutput();
    $exit = $application->run(new ArgvInput([...FLAGS, ...$question->args]), $output);
    $lock = @file_get_contents('composer.lock');
    fwrite(STDOUT, $encode(['exit' => $exit, 'lock' => $lock === false ? null : $lock, 'said' => $output->fetch()]) . "\n");
}
