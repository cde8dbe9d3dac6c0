<?php

// Answers questions about versions and constraints with the composer/semver found by the given autoloader.
// One question a line on stdin, a JSON list of texts: the kind of question and its arguments.
// One answer a line on stdout, a JSON text.

use Composer\Semver\Comparator;
use Composer\Semver\CompilingMatcher;
use Composer\Semver\Constraint\Constraint;
use Composer\Semver\Constraint\MultiConstraint;
use Composer\Semver\Intervals;
use Composer\Semver\VersionParser;

require $argv[1];

// composer/semver 3.4 reads up to two numbers after a date, older ones a single one. That is their only difference in
// what is asked here, so an older parser is loaded with the newer expression.
spl_autoload_register(static function (string $class): void {
    if ($class === VersionParser::class) {
        $folder = dirname((new ReflectionClass(Comparator::class))->getFileName());
        $source = file_get_contents($folder . '/VersionParser.php');
        eval('?>' . str_replace('(?:[.:-]?\d{1,3})?)', '(?:[.:-]?\d{1,3}){0,2})', $source));
    }
}, true, true);

$parser = new VersionParser();

function answer(VersionParser $parser, array $question): string
{
    [$kind, $a] = $question;
    $b = $question[2] ?? '';
    $exactly = static fn (string $version): Constraint => new Constraint('==', $version);
    $all = static fn (array $texts): array => array_map([$parser, 'parseConstraints'], $texts);
    $bool = static fn (bool $value): string => $value ? 'true' : 'false';

    switch ($kind) {
        case 'normalize':
            return $parser->normalize($a);
        case 'branch':
            return $parser->normalizeBranch($a) . ' ' . $parser->normalizeDefaultBranch($a) . ' '
                . ($parser->parseNumericAliasPrefix($a) ?: '-');
        case 'stability':
            return VersionParser::parseStability($a);
        case 'parse':
            return (string) $parser->parseConstraints($a);
        case 'compare':
            return (string) version_compare($a, $b);
        case 'holds':
            return $bool(Comparator::compare($a, $question[3], $b));
        case 'satisfies':
            $version = $parser->normalize($a);
            $constraint = $parser->parseConstraints($b);
            return $bool($constraint->matches($exactly($version))) . ' '
                . $bool(CompilingMatcher::match($constraint, Constraint::OP_EQ, $version));
        case 'matches':
            [$left, $right] = $all([$a, $b]);
            return $bool($left->matches($right)) . ' ' . $bool($right->matches($left));
        case 'subset':
            [$left, $right] = $all([$a, $b]);
            return $bool(Intervals::isSubsetOf($left, $right)) . ' ' . $bool(Intervals::haveIntersections($left, $right));
        case 'all':
        case 'any':
            $constraint = MultiConstraint::create($all(array_slice($question, 1)), $kind === 'all');
            return $constraint . ' ' . Intervals::compactConstraint($constraint);
    }
    throw new LogicException("unknown question $kind");
}

$count = 0;
while (($line = fgets(STDIN)) !== false) {
    try {
        $reply = answer($parser, json_decode($line, true, 4, JSON_THROW_ON_ERROR));
    } catch (UnexpectedValueException $e) {
        $reply = 'invalid: ' . $e->getMessage();
    }
    echo json_encode($reply, JSON_THROW_ON_ERROR), "\n";
    if (++$count % 2000 === 0) {
        Intervals::clear();
        CompilingMatcher::clear();
    }
}
