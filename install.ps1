<#
.SYNOPSIS
Installs mageshift for the person who runs it, from a published release; no administrator is needed.
.DESCRIPTION
The checksums of a release are signed, and the signature is checked with the key below before anything is unpacked.
.PARAMETER Prefix
The folder to install into; the default is %LOCALAPPDATA%\Programs\mageshift.
.PARAMETER Version
This release and not the newest one.
.PARAMETER Uninstall
Removes what was installed, its place on the PATH, and the cache.
.EXAMPLE
powershell -ExecutionPolicy Bypass -File install.ps1
#>
param(
    [string] $Prefix = (Join-Path $env:LOCALAPPDATA 'Programs\mageshift'),
    [string] $Version = '',
    [switch] $Uninstall
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# Where releases are, which file names the newest, and the public key that signs them (ECDSA P-256, the DER form in Base64).
# They are empty in a checkout; packaging/stamp.sh fills them in for the script that a release publishes.
$Releases = ''
$Newest = ''
$Key = ''

function Say([string] $Text) { Write-Output "mageshift: $Text" }

# Another place has another key.
if ($env:MAGESHIFT_RELEASES_URL) {
    $Releases = $env:MAGESHIFT_RELEASES_URL
    $Newest = "$Releases/latest"
    $Key = ''
}
if ($env:MAGESHIFT_RELEASE_KEY) { $Key = $env:MAGESHIFT_RELEASE_KEY }

function Get-File([string] $Url, [string] $File) {
    $address = [Uri] $Url
    if ($address.IsFile) {
        Copy-Item -LiteralPath $address.LocalPath -Destination $File
    } elseif ($address.Scheme -eq 'https') {
        [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor 3072
        Invoke-WebRequest -Uri $address -OutFile $File -UseBasicParsing
    } else {
        throw "$Url is not fetched: releases are at an address that starts with https:// or file:///"
    }
}

# One number of a signature in DER form, as 32 bytes.
function Get-Number([byte[]] $Bytes, [int] $At) {
    if ($Bytes[$At] -ne 2) { throw 'the signature is damaged' }
    $length = $Bytes[$At + 1]
    $number = New-Object byte[] 32
    for ($index = 0; $index -lt 32 -and $index -lt $length; $index++) {
        $number[31 - $index] = $Bytes[$At + 1 + $length - $index]
    }
    return , $number
}

# Whether the release key signed the file. openssl writes a signature as a sequence of two numbers, .NET reads 64 bytes.
function Test-Signature([string] $File, [string] $Signature) {
    $encoded = [Convert]::FromBase64String($Key)
    if ($encoded.Length -ne 91) { throw 'the public key is none of the kind that signs releases' }
    $point = New-Object Security.Cryptography.ECPoint
    $point.X = $encoded[27..58]
    $point.Y = $encoded[59..90]
    $parameters = New-Object Security.Cryptography.ECParameters
    $parameters.Curve = [Security.Cryptography.ECCurve]::CreateFromFriendlyName('nistP256')
    $parameters.Q = $point
    $bytes = [IO.File]::ReadAllBytes($Signature)
    if ($bytes.Length -lt 8 -or $bytes[0] -ne 0x30) { return $false }
    $first = Get-Number $bytes 2
    $second = Get-Number $bytes (4 + $bytes[3])
    $ecdsa = [Security.Cryptography.ECDsa]::Create($parameters)
    $data = [IO.File]::ReadAllBytes($File)
    return $ecdsa.VerifyData($data, [byte[]] ($first + $second), [Security.Cryptography.HashAlgorithmName]::SHA256)
}

function Set-UserPath([scriptblock] $Change) {
    $folders = @([Environment]::GetEnvironmentVariable('Path', 'User') -split ';' | Where-Object { $_ })
    $changed = @(& $Change $folders)
    if (($changed -join ';') -ne ($folders -join ';')) {
        [Environment]::SetEnvironmentVariable('Path', ($changed -join ';'), 'User')
    }
}

if ($Uninstall) {
    if (Test-Path -LiteralPath (Join-Path $Prefix 'mageshift.exe')) {
        Remove-Item -LiteralPath $Prefix -Recurse -Force
        Say "removed $Prefix"
    } else {
        Say "nothing to remove: there is no mageshift.exe in $Prefix"
    }
    Set-UserPath { param($folders) $folders | Where-Object { $_ -ne $Prefix } }
    $cache = Join-Path $env:LOCALAPPDATA 'mageshift'
    if (Test-Path -LiteralPath $cache) {
        Remove-Item -LiteralPath $cache -Recurse -Force
        Say "removed the cache in $cache"
    }
    return
}

if (-not $Releases) { throw 'this script knows of no releases: take install.ps1 from a release, or set MAGESHIFT_RELEASES_URL' }
if (-not $Key) { throw 'no key to check the signature with: name it in MAGESHIFT_RELEASE_KEY' }
if ($env:PROCESSOR_ARCHITECTURE -notin 'AMD64', 'ARM64') { throw "no releases are built for $env:PROCESSOR_ARCHITECTURE" }

$work = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
[void] (New-Item -ItemType Directory -Path $work)
try {
    if (-not $Version) {
        Get-File $Newest (Join-Path $work 'newest')
        $Version = (Get-Content -LiteralPath (Join-Path $work 'newest') -Raw).Trim()
    }
    if ($Version -notmatch '^[0-9A-Za-z.+-]+$') { throw "$Newest names no version" }
    $name = "mageshift-$Version-x86_64-pc-windows-msvc"
    foreach ($file in "$name.zip", 'SHA256SUMS', 'SHA256SUMS.sig') {
        Get-File "$Releases/$Version/$file" (Join-Path $work $file)
    }
    $sums = Join-Path $work 'SHA256SUMS'
    if (-not (Test-Signature $sums "$sums.sig")) {
        throw "the signature of $Releases/$Version/SHA256SUMS does not hold; nothing was installed"
    }
    $wanted = @(Get-Content -LiteralPath $sums | ForEach-Object { , ($_ -split '\s+\*?', 2) } |
        Where-Object { $_[1] -eq "$name.zip" } | ForEach-Object { $_[0] })
    $found = (Get-FileHash -LiteralPath (Join-Path $work "$name.zip") -Algorithm SHA256).Hash
    if ($wanted.Count -ne 1 -or $wanted[0] -ne $found) {
        throw "the checksum of $name.zip is $found and should be $wanted; nothing was installed"
    }
    Expand-Archive -LiteralPath (Join-Path $work "$name.zip") -DestinationPath $work
    $tree = Join-Path $work $name
    $told = & (Join-Path $tree 'mageshift.exe') --version
    if ($LASTEXITCODE -ne 0) { throw 'the program does not run on this machine; nothing was installed' }

    [void] (New-Item -ItemType Directory -Path $Prefix -Force)
    # A program that runs cannot be overwritten, but it can be renamed.
    $program = Join-Path $Prefix 'mageshift.exe'
    Remove-Item -Path "$program.old" -Force -ErrorAction SilentlyContinue
    if (Test-Path -LiteralPath $program) { Move-Item -LiteralPath $program -Destination "$program.old" -Force }
    Copy-Item -Path (Join-Path $tree '*') -Destination $Prefix -Recurse -Force
    Remove-Item -Path "$program.old" -Force -ErrorAction SilentlyContinue
    Set-UserPath { param($folders) @($folders | Where-Object { $_ -ne $Prefix }) + $Prefix }
    Say "installed $told in $Prefix (release $Version, signature and checksum verified)"
    Say 'it is on the PATH of terminals that are opened from now on'
} finally {
    Remove-Item -LiteralPath $work -Recurse -Force
}
