echo "php ", PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION, ".", PHP_RELEASE_VERSION, "\n";
if (PHP_INT_SIZE === 8) echo "php-64bit 1\n";
if (defined("AF_INET6")) echo "php-ipv6 1\n";
if (PHP_ZTS) echo "php-zts 1\n";
if (PHP_DEBUG) echo "php-debug 1\n";
$loaded = get_loaded_extensions();
foreach ($loaded as $e) echo "ext-", str_replace(" ", "-", strtolower($e)), " ", phpversion($e) ?: "0", "\n";

$lib = function ($name, $version) { if ((string) $version !== "") echo "lib-", strtolower($name), " ", $version, "\n"; };
$constant = function ($name) { return defined($name) ? constant($name) : null; };
// "" is 0, "a" is 1, "b" is 2, "za" is 27.
$letters = function ($text) { return array_sum(array_map(function ($c) { return ord($c) - 96; }, $text === "" ? [] : str_split($text))); };
// What phpinfo() prints of an extension, matched line by line.
$info = function ($extension) { ob_start(); (new ReflectionExtension($extension))->info(); return ob_get_clean(); };
$openssl = function ($name, $text) use ($lib, $letters) {
    if (!preg_match('/^([0-9.]+)([a-z]{0,2})((?:-?(?:dev|pre|alpha|beta|rc|fips)\d*)*)(?:-\w+)?(?: \(.+?\))?$/', $text, $m)) return;
    $patch = version_compare($m[1], "3.0.0", "<") ? "." . $letters($m[2]) : "";
    $suffix = strtr("-" . ltrim($m[3], "-"), ["-fips" => "", "-pre" => "-alpha"]);
    $version = rtrim($m[1] . $patch . $suffix, "-");
    $lib($name, $version);
    if (strpos($m[3], "fips") !== false) $lib("$name-fips", $version);
};
$hundreds = function ($id) { return sprintf("%d.%d.%d", $id / 10000, (int) ($id / 100) % 100, $id % 100); };

foreach ([
    ["libxml", "LIBXML_DOTTED_VERSION"], ["libxslt", "LIBXSLT_DOTTED_VERSION"], ["iconv", "ICONV_VERSION"],
    ["icu", "INTL_ICU_VERSION"], ["mbstring-oniguruma", "MB_ONIGURUMA_VERSION"], ["gd", "GD_VERSION"],
    ["gmp", "GMP_VERSION"], ["zlib", "ZLIB_VERSION"], ["libsodium", "SODIUM_LIBRARY_VERSION"],
    ["zip-libzip", "ZipArchive::LIBZIP_VERSION"],
] as list($name, $of)) $lib($name, $constant($of));
foreach (["dom", "simplexml", "xml", "xmlreader", "xmlwriter"] as $e) if (extension_loaded($e)) $lib("$e-libxml", $constant("LIBXML_DOTTED_VERSION"));

// Extension, name of the library, and the line that has its version.
foreach ([
    ["amqp", "amqp-librabbitmq", '/^librabbitmq version => (.+)$/im'],
    ["bz2", "bz2", '/^BZip2 Version => (.*),/im'],
    ["curl", "curl-zlib", '/^ZLib Version => (.+)$/im'],
    ["date", "date-timelib", '/^timelib version => (.+)$/im'],
    ["fileinfo", "fileinfo-libmagic", '/^libmagic => (.+)$/im'],
    ["gd", "gd-libpng", '/^libPNG Version => (.+)$/im'],
    ["gd", "gd-freetype", '/^FreeType Version => (.+)$/im'],
    ["mbstring", "mbstring-libmbfl", '/^libmbfl version => (.+)$/im'],
    ["memcached", "memcached-libmemcached", '/^libmemcached version => (.+)$/im'],
    ["mongodb", "mongodb-libmongoc", '/^libmongoc bundled version => (.+)$/im'],
    ["mongodb", "mongodb-libbson", '/^libbson bundled version => (.+)$/im'],
    ["mysqlnd", "mysqlnd-mysqlnd", '/^(?:Client API version|Version) => mysqlnd (.+?) /mi'],
    ["pcre", "pcre-unicode", '/^PCRE Unicode Version => (.+)$/im'],
    ["pdo_mysql", "pdo_mysql-mysqlnd", '/^(?:Client API version|Version) => mysqlnd (.+?) /mi'],
    ["pdo_pgsql", "pdo_pgsql-libpq", '/^PostgreSQL\(libpq\) Version => (.*)$/im'],
    ["pdo_sqlite", "pdo_sqlite-sqlite", '/^SQLite Library => (.+)$/im'],
    ["pgsql", "pgsql-libpq", '/^PostgreSQL\(libpq\) Version => (.*)$/im'],
    ["sqlite3", "sqlite3-sqlite", '/^SQLite Library => (.+)$/im'],
    ["ssh2", "ssh2-libssh2", '/^libssh2 version => (.+)$/im'],
    ["xsl", "libxslt-libxml", '/^libxslt compiled against libxml Version => (.+)$/im'],
    ["yaml", "yaml-libyaml", '/^LibYAML Version => (.+)$/im'],
] as list($e, $name, $line)) if (extension_loaded($e) && preg_match($line, $info($e), $m)) $lib($name, trim($m[1]));

if (extension_loaded("amqp") && preg_match('/^AMQP protocol version => (.+)$/im', $info("amqp"), $m)) $lib("amqp-protocol", str_replace("-", ".", trim($m[1])));
if (extension_loaded("curl")) {
    $lib("curl", curl_version()["version"]);
    $text = $info("curl");
    if (preg_match('{^SSL Version => ([^/]+)/(.+)$}im', $text, $m)) {
        if (strtolower($m[1]) === "openssl") $openssl("curl-openssl", $m[2]);
        else { $lib("curl-$m[1]", $m[2]); $lib("curl-openssl", $m[2]); }
    }
    if (preg_match('{^libSSH Version => ([^/]+)/(.+?)(?:/.*)?$}im', $text, $m)) $lib("curl-$m[1]", $m[2]);
}
if (extension_loaded("date")) {
    $text = $info("date");
    $is_external = (bool) preg_match('/^Timezone Database => external$/im', $text);
    if (preg_match('/^"Olson" Timezone Database Version => (.+?)(?:\.system)?$/im', $text, $m)) {
        if ($is_external && extension_loaded("timezonedb")) $lib("timezonedb-zoneinfo", $m[1]);
        $lib("date-zoneinfo", $m[1]);
    }
}
if (extension_loaded("gd")) {
    $text = $info("gd");
    if (preg_match('/^libJPEG Version => (\d+)([a-z]*)(?: compatible)?$/im', $text, $m)) $lib("gd-libjpeg", $m[1] . "." . $letters($m[2]));
    if (preg_match('/^libXpm Version => (\d+)$/im', $text, $m)) $lib("gd-libxpm", $hundreds((int) $m[1]));
}
if (extension_loaded("intl")) {
    if (preg_match('/^ICU TZData version => (\d{4})([a-z]*)$/im', $info("intl"), $m)) $lib("icu-zoneinfo", $m[1] . "." . $letters($m[2]));
    $root = class_exists("ResourceBundle") ? ResourceBundle::create("root", "ICUDATA", false) : null;
    if ($root) $lib("icu-cldr", $root->get("Version"));
    if (class_exists("IntlChar")) $lib("icu-unicode", implode(".", array_slice(IntlChar::getUnicodeVersion(), 0, 3)));
}
if (extension_loaded("imagick") && preg_match('/^ImageMagick ([\d.]+)(?:-(\d+))?/', (new Imagick())->getVersion()["versionString"], $m)) {
    $version = $m[1] . (isset($m[2]) ? "." . $m[2] : "");
    $lib("imagick-imagemagick", $version);
    $lib("imagick", $version);
}
if (extension_loaded("ldap")) {
    $text = $info("ldap");
    if (preg_match('/^Vendor Version => (\d+)$/im', $text, $m) && preg_match('/^Vendor Name => (.+)$/im', $text, $vendor)) $lib("ldap-" . trim($vendor[1]), $hundreds((int) $m[1]));
}
if (preg_match('{^(?:OpenSSL|LibreSSL)?\s*(\S+)}i', (string) $constant("OPENSSL_VERSION_TEXT"), $m)) $openssl("openssl", $m[1]);
$lib("pcre", strtok((string) $constant("PCRE_VERSION"), " "));
foreach (explode(",", php_ini_loaded_file() . "," . php_ini_scanned_files()) as $f) if (trim($f) !== "") echo "ini ", trim($f), "\n";
// For who remembers all this: where PHP looks for ini files and extensions, and what it has loaded, where the system tells.
foreach (explode(PATH_SEPARATOR, implode(PATH_SEPARATOR, array(PHP_CONFIG_FILE_PATH, PHP_CONFIG_FILE_SCAN_DIR, getenv("PHP_INI_SCAN_DIR"), getenv("PHPRC"), PHP_EXTENSION_DIR, dirname(PHP_BINARY)))) as $f) if ($f !== "") echo "dir ", $f, "\n";
foreach (@file("/proc/self/maps") ?: array() as $f) if (($f = strstr(trim($f), "/")) !== false) echo "map ", $f, "\n";
